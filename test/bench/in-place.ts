// What packets feel of an upgrade in place: 1 to 5 elements come into a graph of 45 with 100,000 rows
// and a queue that is never empty, and go again, under full load. Packets are made and checked in
// memory: numbered by flow, so that a lost or overtaken one shows. `make bench-in-place` runs it.
//
// Usage: CLICK=… node build/test/bench/in-place.js [ROUNDS]

import { Beside } from '../../dataplane/beside.ts'
import { loadClasses } from '../../dataplane/classes.ts'
import { machineClock } from '../../dataplane/clock.ts'
import type { HandedOver } from '../../dataplane/hand-over.ts'
import { inPlaceSteps } from '../../dataplane/in-place.ts'
import { Loop } from '../../dataplane/loop.ts'
import { type Standalone, standalone } from '../../dataplane/standalone.ts'
import { parseConfig } from '../../lib/click/index.ts'
import { median, sleep } from './figures.ts'
import { contrast } from './in-place-click.ts'
import { FLOWS, NumberedDriver } from './numbered-flows.ts'

const ROUNDS = Number(process.argv[2] ?? 20)
const WINDOW_MS = 100
const ELEMENTS = 45

/** Where the added elements go, in this order. */
const PLACES = ['FIRST', 'BEFORE', 'AFTER', 'QUEUED', 'LAST'] as const

/** The graph, with the first `added` of PLACES filled. */
function graph(added: number): string {
  const at = (place: (typeof PLACES)[number], what: string) =>
    PLACES.indexOf(place) < added ? ` -> added_${place.toLowerCase()} :: ${what}` : ''
  const chain = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, k) => {
      const n = from + k
      const kinds = ['Counter', `Paint(${n % 8})`, 'CheckLength(2000)', 'Null', 'GetIPAddress(16)']
      return ` -> e${n} :: ${kinds[n % kinds.length]}`
    }).join('')
  return `
in :: FromDevice(in)${at('FIRST', 'Counter')} -> seen :: Counter
  -> kind :: Classifier(12/0806, 12/0800, -);
kind[0] -> arps :: Counter -> Discard;
kind[2] -> others :: Counter -> Discard;
kind[1] -> strip :: Strip(14) -> check :: CheckIPHeader${chain(0, 12)}
  -> filter :: IPFilter(allow udp, deny all)${at('BEFORE', 'Counter')}
  -> rw :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 0, MAPPING_CAPACITY 100000)
  ${at('AFTER', 'CheckLength(1500)')}${chain(12, 22)} -> ttl :: DecIPTTL
  -> encap :: EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02)
  -> queue :: Queue(30000) -> delay :: DelayUnqueue(1ms)${at('QUEUED', 'Counter')}${chain(22, 28)}
  ${at('LAST', 'Paint(3)')} -> sent :: Counter -> ToDevice(out);`
}

interface Figures {
  readonly added: number
  readonly pauseUs: number
  readonly sliceUs: number
  readonly gapUs: number
  readonly besideMs: number
  readonly totalMs: number
  /** Packets of the 100 ms before, and of each tenth of the 100 ms from the swap on. */
  readonly before: number
  readonly after: readonly number[]
  readonly result: HandedOver
}

async function upgrade(
  running: Standalone,
  driver: NumberedDriver,
  text: string,
  added: number,
): Promise<Figures> {
  const side = running
  await sleep(WINDOW_MS * 1.2)
  const beganAt = performance.now()
  driver.longestGapMs = 0
  const { graph: flat, errors } = parseConfig(text, { filename: 'v2', defines: {} })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const classes = await loadClasses(flat.elements.map((e) => e.className))
  const print = (line: string) => console.log(line)
  const steps = inPlaceSteps(side, flat, (name) => classes.get(name), { kind: 'version', print })
  const { value, timing } = await new Beside(side.router, steps).finished
  const swappedAt = performance.now()
  const gapUs = driver.longestGapMs * 1000
  await sleep(WINDOW_MS * 1.2)
  return {
    added,
    pauseUs: timing.pause_us,
    sliceUs: timing.slice_us,
    gapUs,
    besideMs: timing.beside_ms,
    totalMs: swappedAt - beganAt,
    before: driver.sentBetween(beganAt - WINDOW_MS, beganAt),
    after: Array.from({ length: 10 }, (_, k) => {
      const from = swappedAt + (k * WINDOW_MS) / 10
      return driver.sentBetween(from, from + WINDOW_MS / 10)
    }),
    result: value,
  }
}

const most = (values: readonly number[]) => Math.max(...values)

function report(all: readonly Figures[], driver: NumberedDriver): void {
  console.log('added  pause µs med/max   longest gap µs med/max   beside ms   in all ms   kept fns')
  for (let added = 1; added <= PLACES.length; added++) {
    const some = all.filter((f) => f.added === added)
    const of = (key: 'pauseUs' | 'gapUs' | 'besideMs' | 'totalMs') => some.map((f) => f[key])
    const { functions } = some.at(-1)!.result
    const figures = [
      `${median(of('pauseUs'))} / ${most(of('pauseUs'))}`.padEnd(18),
      `${median(of('gapUs')).toFixed(0)} / ${most(of('gapUs')).toFixed(0)}`.padEnd(24),
      median(of('besideMs')).toFixed(1).padEnd(11),
      median(of('totalMs')).toFixed(1).padEnd(11),
      `${functions.kept} of ${functions.kept + functions.made}`,
    ]
    console.log(`${String(added).padEnd(6)} ${figures.join(' ')}`)
  }
  const rate = median(all.map((f) => f.before)) / WINDOW_MS
  const tenths = Array.from({ length: 10 }, (_, k) => {
    const share = median(all.map((f) => f.after[k]! / (f.before / 10)))
    return `${Math.round(share * 100)}`
  })
  console.log(`rate before: ${rate.toFixed(0)} packets/ms; after the swap, % of it by 10 ms:`)
  console.log(`  ${tenths.join(' ')}`)
  const { rows, packets, elements } = all.at(-1)!.result
  console.log(`rows by reference ${rows.byReference}, packets held ${packets}, elements`, elements)
  const { lost, reordered, duplicated } = driver.check()
  console.log(`lost ${lost}, reordered ${reordered}, duplicated ${duplicated} of ${driver.made}`)
  if (lost + reordered + duplicated > 0) process.exitCode = 1
}

async function main(): Promise<void> {
  const driver = new NumberedDriver()
  const options = {
    filename: 'v1',
    clock: machineClock,
    print: (line: string) => console.log(line),
  }
  const running = await standalone(graph(0), { ...options, openPorts: async () => driver })
  const { router, prepared } = running
  if (prepared.flat.elements.length !== ELEMENTS)
    throw new Error(`the graph has ${prepared.flat.elements.length} elements`)
  router.activate()
  const loop = new Loop(router, driver, machineClock)
  const ended = loop.run()
  while (driver.made < 3 * FLOWS) await sleep(50)
  const all: Figures[] = []
  for (let round = 0; round < ROUNDS; round++)
    for (let added = 1; added <= PLACES.length; added++) {
      all.push(await upgrade(running, driver, graph(added), added))
      await upgrade(running, driver, graph(0), 0)
    }
  driver.stop()
  await sleep(100)
  report(all, driver)
  loop.stop()
  await ended
  router.close()
  const { CLICK } = process.env
  if (CLICK !== undefined) await contrast(CLICK, graph)
}

await main()
