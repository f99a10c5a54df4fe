// Every element class, with configurations made from its declarations (every-element.ts):
//
//   handed over   to a copy inside the process at any moments: packets, printed lines and the values
//                 of all read handlers are those of a run that never was
//   moved         to another replica with clocks of its own, where state moves at all: packets are
//
// No class is left out: one that has neither a configuration that works nor a reason fails here.

import test from 'ava'
import fc from 'fast-check'
import { CONFIGURATIONS } from './configurations.ts'
import { EXTRA_CLASSES, everyClass, type Wired, wire, workingGraph } from './every-element.ts'
import { cutAnywhere, Side, type Step } from './metamorphic.ts'
import { steps } from './traffic.ts'

const HAND_OVER_RUNS = 3
const SEED = 7
const MOVE_RUNS = 6
const PAUSES = [100, 5000]

const all = [...(await everyClass())].map(([name, spec]) => ({
  name,
  spec,
  made: wire(name, spec),
}))

test('classes that are registered exist', (t) => {
  const known = new Set(all.map(({ name }) => name))
  t.deepEqual(
    Object.keys(CONFIGURATIONS).filter((name) => !known.has(name)),
    [],
  )
})

for (const { name, made } of all) {
  if (typeof made === 'string') continue
  test.serial(`${name}: handed over anywhere`, async (t) => {
    for (const wired of made) {
      const graph = await workingGraph(wired)
      const property = fc.property(
        steps(wired.ports, PAUSES),
        fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
        (input, when) => {
          const [plain, handed] = [false, true].map((hand) => {
            const side = new Side(graph, wired, 0, [])
            side.router.activate()
            input.forEach((step, k) => {
              side.take(step)
              if (hand && when[k] === true) side.handOver()
            })
            side.pass(1000)
            return seen(side)
          })
          t.deepEqual(handed, plain, wired.config)
        },
      )
      // Not shrunk: that would take long, and the seed is the same each time.
      fc.assert(property, {
        numRuns: HAND_OVER_RUNS,
        seed: SEED,
        endOnFailure: true,
        includeErrorInReport: true,
      })
    }
  })

  const moving = made.filter(movesState)
  const { differs } = (CONFIGURATIONS[name] ?? {}) as { differs?: string }
  if (moving.length === 0 || differs !== undefined) continue
  test.serial(`${name}: moved anywhere`, async (t) => {
    for (const { config, ports } of moving) {
      const input: fc.Arbitrary<readonly Step[]> = steps(ports, PAUSES)
      const options = { config, ports, steps: input, numRuns: MOVE_RUNS, classes: EXTRA_CLASSES }
      await cutAnywhere(t, { ...options, mayRest: true, seed: SEED })
    }
  })
}

function movesState({ spec }: Wired): boolean {
  const declared: readonly { kind: string; scope?: string }[] = Object.values(spec.state ?? {})
  return declared.some((d) => d.kind === 'packets' || d.scope !== 'local')
}

/** All that can be seen of a router from outside. */
function seen(side: Side): unknown {
  const { router } = side
  const values = router.instances.flatMap(({ name }) =>
    router
      .listHandlers(name)
      .filter((h) => h.read)
      .map((h) => `${name}.${h.name} ${handlerValue(side, `${name}.${h.name}`)}`),
  )
  const sent = side.sent.map(({ port, bytes }) => `${port} ${Buffer.from(bytes).toString('hex')}`)
  return { sent, printed: side.printed, values }
}

function handlerValue(side: Side, path: string): string {
  try {
    // Rows of a table have no order.
    return side.router.readHandler(path).split('\n').sort().join('\n')
  } catch (error) {
    return `error: ${(error as Error).message}`
  }
}
