// Upgrades in place: what stays, what is handed over by reference, what is converted while packets go on,
// and that nothing is left of what was replaced.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { Beside } from '../../../dataplane/beside.ts'
import { loadClasses } from '../../../dataplane/classes.ts'
import { SimulatedClock } from '../../../dataplane/clock.ts'
import { cell, table } from '../../../dataplane/declare.ts'
import { type AnyElement, arg, element } from '../../../dataplane/element.ts'
import type { HandedOver } from '../../../dataplane/hand-over.ts'
import { inPlaceSteps } from '../../../dataplane/in-place.ts'
import { type Standalone, standalone } from '../../../dataplane/standalone.ts'
import { parseConfig } from '../../../lib/click/index.ts'
import type { ClickUpError } from '../../../lib/errors.ts'

const clock = new SimulatedClock(1_000_000_000)
const print = () => {}

function byName(classes: readonly AnyElement[]): Map<string, AnyElement> {
  return new Map(classes.map((spec) => [spec.name, spec]))
}

async function start(text: string, classes: readonly AnyElement[] = []): Promise<Standalone> {
  const running = await standalone(text, { filename: 'v1', clock, print, classes: byName(classes) })
  running.router.activate()
  return running
}

interface Options {
  readonly classes?: readonly AnyElement[]
  readonly map?: Readonly<Record<string, string>>
  readonly discard?: readonly string[]
  /** Called between two steps. */
  readonly between?: () => void
}

async function inPlace(running: Standalone, text: string, options: Options = {}) {
  const { graph: flat, errors } = parseConfig(text, { filename: 'v2', defines: {} })
  if (errors.length > 0) throw new Error(errors[0]!.message)
  const names = flat.elements.map((e) => e.className)
  const classes = await loadClasses(names, byName(options.classes ?? []))
  const { map = {}, discard = [] } = options
  const how = { kind: 'version', print, map, discard } as const
  const steps = inPlaceSteps(running, flat, (name) => classes.get(name), how)
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) options.between?.()
  step.value.swap()
  return step.value.after()
}

const read = ({ router }: Standalone, path: string) => router.readHandler(path).trim()
const turns = ({ router }: Standalone, n: number) => {
  for (let k = 0; k < n; k++) router.turn()
}

const BASE = `s :: InfiniteSource(LIMIT 100000, BURST 8) -> a :: Counter -> b :: Counter
  -> q :: Queue(50000) -> u :: Unqueue(ACTIVE false) -> c :: Counter -> d :: Discard;`

test('what has not changed stays: instances, counts, packets, and compiled functions', async (t) => {
  const running = await start(BASE)
  turns(running, 20)
  const { router } = running
  const before = new Map(router.instances.map((i) => [i.name, i.self]))
  const made = router.running.compiled
  const held = Number(read(running, 'q.length'))
  t.true(held > 0)
  const done = await inPlace(running, BASE.replace('-> c ::', '-> x :: Counter -> c ::'))
  t.deepEqual(done.elements, { stayed: 7, carried: 0, anew: 1 })
  for (const [name, self] of before) t.true(router.element(name) === self, name)
  t.is(done.packets, held)
  t.is(read(running, 'q.length'), String(held))
  t.is(read(running, 'a.count'), String(held), 'it stays: it does not begin anew')
  // Before the queue all goes on in the same functions; behind it there is another element.
  const now = router.running.compiled
  const same = [...now.functions].filter(([name, f]) => made.functions.get(name)?.code === f.code)
  t.is(same.length, done.functions.kept)
  t.true(same.some(([, { text }]) => text.includes('f1(s1, p)')))
  t.false(same.some(([, { text }]) => /\bf5\(s5/.test(text)))
  router.writeHandler('u.active', 'true')
  turns(running, 20_000)
  t.is(read(running, 'x.count'), '100000')
  t.is(read(running, 'd.count'), '100000')
  t.is(router.pool.available, router.pool.frames)
})

test('an element with other arguments starts anew, with its state', async (t) => {
  const running = await start(BASE)
  turns(running, 20)
  const held = read(running, 'q.length')
  const old = running.router.element('q')
  const done = await inPlace(running, BASE.replace('Queue(50000)', 'Queue(60000)'))
  t.deepEqual(done.elements, { stayed: 6, carried: 0, anew: 1 })
  t.not(running.router.element('q'), old)
  t.deepEqual([read(running, 'q.length'), read(running, 'q.capacity')], [held, '60000'])
})

test('a smaller queue loses nothing: it holds what it was handed until that has gone', async (t) => {
  const text = BASE.replace('LIMIT 100000', 'LIMIT 40')
  const running = await start(text)
  turns(running, 50)
  await inPlace(running, text.replace('Queue(50000)', 'Queue(10)'))
  t.deepEqual([read(running, 'q.length'), read(running, 'q.capacity')], ['40', '10'])
  running.router.writeHandler('u.active', 'true')
  turns(running, 50)
  t.deepEqual([read(running, 'q.drops'), read(running, 'd.count')], ['0', '40'])
})

test('unnamed elements stay though they are numbered anew', async (t) => {
  const text = 'InfiniteSource(LIMIT 9) -> Paint(3) -> Strip(2) -> Queue(20) -> Idle;'
  const running = await start(text)
  turns(running, 5)
  const paint = running.router.element('Paint@2')
  const done = await inPlace(running, `n :: Null; Idle -> n -> Idle; ${text}`)
  t.is(done.packets, 9)
  const now = running.router.instances.find((i) => i.spec.name === 'Paint')!
  t.true(now.self === paint)
  t.is(now.self.name, now.name)
  t.not(now.name, 'Paint@2')
})

interface Version {
  readonly version: 1 | 2
}

/** Counts packets by a number that goes round; version 2 has a column more. */
function tally({ version }: Version): AnyElement {
  const row = { packets: 'f64' } as const
  return element({
    name: 'Tally',
    ports: '1/1',
    config: { MARK: arg.count(0).at() },
    state: {
      rows: table({
        version,
        scope: 'flow',
        key: { n: 'i32' },
        row: version === 1 ? row : { ...row, doubled: 'f64' },
        capacity: 40_000,
        ...(version === 1
          ? {}
          : { upgrade: { 1: (old) => ({ ...old, doubled: 2 * (old.packets as number) }) } }),
      }),
      at: cell({ version: 1, scope: 'shared', merge: 'max', row: { n: 'f64' } }),
    },
    action(self, p) {
      const { rows, at } = self.state
      const n = (at.n + 1) % ROWS
      at.n = n
      const found = (rows.get(n) ?? rows.insert(-1, n)) as { packets: number } | null
      if (found !== null) found.packets++
      return p
    },
    handlers: {
      total: {
        read(self) {
          let total = 0
          self.state.rows.each((r) => {
            total += (r as unknown as { packets: number }).packets
          })
          return String(total)
        },
      },
      doubled: {
        read(self) {
          let total = 0
          self.state.rows.each((r) => {
            total += (r as unknown as { doubled: number }).doubled
          })
          return String(total)
        },
      },
    },
  })
}
const ROWS = 20_000
const TALLY = 's :: InfiniteSource(BURST 16) -> t :: Tally -> d :: Discard;'

test('rows of an older version are converted while packets go on, and none is counted twice', async (t) => {
  const running = await start(TALLY, [tally({ version: 1 })])
  turns(running, 300)
  const before = Number(read(running, 'd.count'))
  let between = 0
  const done = await inPlace(running, TALLY, {
    classes: [tally({ version: 2 })],
    between: () => {
      between++
      running.router.turn()
    },
  })
  const now = Number(read(running, 'd.count'))
  t.true(between > 50, `${between} turns meanwhile`)
  t.true(now > before + 1_000, 'packets went on')
  t.is(done.rows.converted, ROWS)
  t.true(done.deltas > 0)
  t.is(read(running, 't.total'), String(now))
  t.true(Number(read(running, 't.doubled')) > 0)
  running.router.turn()
  t.is(read(running, 't.total'), read(running, 'd.count'))
})

test('a refusal on the way leaves rows, changes and the running graph as they are', async (t) => {
  const running = await start(TALLY, [tally({ version: 2 })])
  turns(running, 100)
  const error = await t.throwsAsync<ClickUpError>(
    inPlace(running, TALLY, { classes: [tally({ version: 1 })] }),
  )
  t.is(error?.code, 'INCOMPATIBLE')
  t.regex(error!.findings[0]!.message, /downgrade/)
  turns(running, 100)
  t.is(read(running, 't.total'), read(running, 'd.count'))
})

test('a table goes by reference to an element with other arguments, and goes on', async (t) => {
  const classes = [tally({ version: 1 })]
  const running = await start(TALLY, classes)
  turns(running, 200)
  const changed = TALLY.replace('Tally', 'Tally(7)')
  const done = await inPlace(running, changed, { classes })
  t.is(done.elements.anew, 1)
  t.is(done.rows.converted, 0)
  t.true(done.rows.byReference > 1_000)
  t.is(read(running, 't.total'), read(running, 'd.count'))
  turns(running, 200)
  t.is(read(running, 't.total'), read(running, 'd.count'))
  await inPlace(running, TALLY, { classes })
  t.is(read(running, 't.total'), read(running, 'd.count'))
})

test('state that nothing takes is refused; --map and --discard say what becomes of it', async (t) => {
  const one = tally({ version: 1 })
  const running = await start(TALLY, [one])
  turns(running, 100)
  const renamed = TALLY.replace('t ::', 'other ::')
  const error = await t.throwsAsync<ClickUpError>(inPlace(running, renamed, { classes: [one] }))
  t.is(error?.code, 'INCOMPATIBLE')
  t.is(error?.findings.length, 2)
  const mapped = await inPlace(running, renamed, { classes: [one], map: { t: 'other' } })
  t.true(mapped.rows.byReference > 1_000)
  t.is(read(running, 'other.total'), read(running, 'd.count'))
  const given = await inPlace(running, renamed, { classes: [one], discard: ['other'] })
  t.is(given.elements.anew, 1, 'what is given up does not stay')
  t.is(read(running, 'other.total'), '0')
})

test('a port that is not open is refused', async (t) => {
  const running = await start(BASE)
  const error = await t.throwsAsync<ClickUpError>(
    inPlace(running, `${BASE} Idle -> ToDevice(elsewhere);`),
  )
  t.is(error?.code, 'CONFIG')
  t.regex(error!.findings[0]!.message, /ports and interfaces cannot change in place/)
  t.regex(error!.hint, /without --in-place/)
})

test('beside: slices between turns, the swap at once, figures afterwards', async (t) => {
  const running = await start(BASE)
  const { router } = running
  const { graph: flat } = parseConfig(`${BASE} Idle -> Discard;`, { filename: 'v2', defines: {} })
  const classes = await loadClasses(flat.elements.map((e) => e.className))
  const how = { kind: 'version', print } as const
  const steps = inPlaceSteps(running, flat, (name) => classes.get(name), how)
  const beside = new Beside<HandedOver>(router, steps)
  let result: Awaited<typeof beside.finished> | null = null
  void beside.finished.then((r) => {
    result = r
  })
  for (let k = 0; k < 1_000 && result === null; k++) {
    router.turn()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { timing, value } = result!
  t.true(timing.slices > 0 && timing.pause_us > 0 && timing.beside_ms > 0)
  t.is(value.elements.anew, 2)
  t.is(router.beside, null)
})

test('two hundred in place: what was replaced is garbage', async (t) => {
  const gone: WeakRef<object>[] = []
  const kept = await start(BASE)
  for (let n = 0; n < 200; n++) {
    turns(kept, 3)
    const text = n % 2 === 0 ? BASE.replace('-> c ::', '-> x :: Counter -> c ::') : BASE
    gone.push(new WeakRef(kept.router.running))
    const x = kept.router.element('x')
    if (x !== null) gone.push(new WeakRef(x))
    await inPlace(kept, text)
  }
  turns(kept, 3)
  await collected(t, gone)
})

async function collected(t: ExecutionContext, gone: readonly WeakRef<object>[]): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let k = 0; k < 5; k++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
  const left = gone.filter((ref) => ref.deref() !== undefined).length
  t.true(left <= 4, `${left} of ${gone.length} are still there`)
}
