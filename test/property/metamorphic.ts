// The one test that every element with state must pass: cut the input anywhere, move, go on; what
// comes out is what comes out when nothing ever moved.
//
//   never moved   inputs ──────────────────────────────────▶ A
//   moved         inputs ──▶ O ──(chunks while it goes on)──▶ O ┊ rest ──▶ N
//
// Both runs use real routers over ports in memory and a clock that the test moves. O's clock and
// N's differ, as two hosts' do. The move takes all buckets; it is the same code that the packet loop
// runs, without the sockets in between.
//
// Times: expiry is only exact to SWEEP_PASS_MS, so a generator should not let an idle time end
// within a second of the next packet.

import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { buildRouter } from '../../dataplane/build.ts'
import { type Classes, loadClasses } from '../../dataplane/classes.ts'
import { type Graph, resolveGraph } from '../../dataplane/graph.ts'
import { Successor } from '../../dataplane/hand-over.ts'
import type { Port } from '../../dataplane/io/device.ts'
import { type Packet, Pool } from '../../dataplane/packet.ts'
import type { Gate, Router } from '../../dataplane/router.ts'
import type { StateSchema } from '../../dataplane/schema.ts'
import { StateStore } from '../../dataplane/state.ts'
import { planTransfer, type TransferPlan } from '../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { parseConfig } from '../../lib/click/index.ts'
import { FRAME_HEADROOM, SWEEP_PASS_MS } from '../../lib/limits.ts'
import { staleReferences } from './stale.ts'

export interface Frame {
  readonly port: string
  readonly bytes: Uint8Array
  /** Of what was sent: positions of headers and annotations. */
  readonly notes?: string
}

/** What happens next: time passes, frames arrive together, the router makes some turns. */
export interface Step {
  readonly waitMs: number
  /** A number: the answer (`CutOptions.answer`) to that output, counted round. */
  readonly frames: readonly (Frame | number)[]
  readonly turns: number
}

export interface CutOptions {
  /** Click configuration; ports are named as in FromDevice and ToDevice. */
  readonly config: string
  /** Configuration after the move; default: the same. */
  readonly after?: string
  readonly ports: readonly string[]
  readonly steps: fc.Arbitrary<readonly Step[]>
  readonly map?: Readonly<Record<string, string>>
  readonly numRuns?: number
  readonly seed?: number
  /** Input that no output or row comes of is no failure: the configuration was not made by hand. */
  readonly mayRest?: boolean
  /** Classes beside the built-in ones. */
  readonly classes?: Classes
  /** The frame that answers an output; null: none does. */
  readonly answer?: (output: Frame) => Frame | null
  /** Of an output, what must be equal; default: all its bytes. */
  readonly view?: (port: string, bytes: Uint8Array) => string
  /** Annotations must be equal too. */
  readonly notes?: boolean
  /** Outputs need only be the same ones. */
  readonly anyOrder?: boolean
  /** Some run must have moved packets, or the input is of no use. */
  readonly holds?: boolean
}

const BUCKETS_LOG2 = 4
const FRAMES = 512
/** Time for what elements hold back on purpose to come out at the end. */
const SETTLE_MS = 10_000
/** Turns after which a router that still has something to do is taken to have gone wild. */
const TURNS_MAX = 10_000
const ALL = new Uint8Array(1 << BUCKETS_LOG2).fill(1)

/** Asserts the property for a configuration. */
export async function cutAnywhere(t: ExecutionContext, options: CutOptions): Promise<void> {
  const before = await graphOf(options.config, options.classes)
  const after = options.after === undefined ? before : await graphOf(options.after, options.classes)
  const share = fc.noBias(fc.integer({ min: 0, max: 100 })).map((n) => n / 100)
  const cut = fc.record({
    /** Where the move starts and where it flips, as shares of the input; bytes of a chunk. */
    start: share,
    flip: share,
    bytes: fc.integer({ min: 64, max: 4096 }),
  })
  let outputs = 0
  let carried = 0
  let held = 0
  fc.assert(
    fc.property(options.steps, cut, (steps, { start, flip, bytes }) => {
      const unmoved = new Side(before, options, 0, [])
      unmoved.router.activate()
      for (const step of steps) unmoved.take(step)
      unmoved.settle()

      const startAt = Math.floor(start * steps.length)
      const flipAt = startAt + Math.floor(flip * (steps.length - startAt))
      const moved = move(before, after, options, steps, startAt, flipAt, bytes)
      carried += moved.carried
      held += moved.held
      t.deepEqual(texts(moved.sent, options), texts(unmoved.sent, options))
      outputs += unmoved.sent.length
    }),
    {
      numRuns: options.numRuns ?? 60,
      // With a fixed seed nothing is shrunk: it would take long, and comes again by itself.
      ...(options.seed === undefined
        ? {}
        : { seed: options.seed, endOnFailure: true, includeErrorInReport: true }),
    },
  )
  if (options.holds === true) t.true(held > 0, 'no packet was ever held when it was moved')
  if (options.mayRest === true) return
  t.true(outputs > 0, 'nothing ever came out: the configuration or the input is of no use')
  t.true(carried > 0, 'no row or packet ever moved: the configuration or the input is of no use')
}

function move(
  before: Graph,
  after: Graph,
  options: CutOptions,
  steps: readonly Step[],
  startAt: number,
  flipAt: number,
  bytes: number,
): { readonly sent: Frame[]; readonly carried: number; readonly held: number } {
  const sent: Frame[] = []
  const o = new Side(before, options, 0, sent)
  const n = new Side(after, options, 7e8, sent)
  o.router.activate()
  for (const step of steps.slice(0, startAt)) {
    o.take(step)
    n.pass(step.waitMs)
  }
  const plan = planOf(o, n, options)
  const source = new SnapshotSource(o.store, plan, ALL)
  const target = new SnapshotTarget(n.store, plan)
  for (const step of steps.slice(startAt, flipAt)) {
    const chunk = source.next(bytes)
    if (chunk !== null) target.apply(chunk)
    o.take(step)
    n.pass(step.waitMs)
  }
  o.router.deactivate()
  for (let c = source.finish(bytes); c !== null; c = source.finish(bytes)) target.apply(c)
  target.commit()
  while (!source.forget(5)) {}
  if (o.pool.available !== FRAMES) throw new Error('packets are left in the old replica')
  n.router.activate()
  for (const step of steps.slice(flipAt)) n.take(step)
  n.settle()
  const held = target.packetsApplied
  return { sent, carried: target.rowsApplied + held, held }
}

function texts(sent: readonly Frame[], options: CutOptions): string[] {
  const view = options.view ?? ((_port, bytes) => Buffer.from(bytes).toString('hex'))
  // In order at each port: two ports of two replicas have no order between them.
  const byPort = [...sent].sort((a, b) => (a.port < b.port ? -1 : a.port > b.port ? 1 : 0))
  const all = byPort.map(
    ({ port, bytes, notes }) =>
      `${port} ${view(port, bytes)}${options.notes === true ? ` ${notes}` : ''}`,
  )
  return options.anyOrder === true ? all.sort() : all
}

function planOf(o: Side, n: Side, options: CutOptions): TransferPlan {
  const schemas = JSON.parse(JSON.stringify(o.store.schemas())) as StateSchema[]
  const result = planTransfer(schemas, n.store.schemas(), { map: options.map ?? {} })
  if (!result.ok) throw new Error(result.findings.map((f) => `${f.where}: ${f.message}`).join('\n'))
  return result.plan
}

export async function graphOf(config: string, extra?: Classes): Promise<Graph> {
  const parsed = parseConfig(config, { filename: 'test.click', defines: {} })
  const classes = await loadClasses(
    parsed.graph.elements.map((e) => e.className),
    extra,
  )
  const resolved = resolveGraph(parsed.graph, (name) => classes.get(name))
  const errors = [...parsed.errors, ...resolved.errors]
  if (errors.length > 0 || resolved.graph === null)
    throw new Error(errors.map((e) => `${e.where}: ${e.message}`).join('\n'))
  return resolved.graph
}

/** Everything received is the graph's; being asked makes the router compute buckets. */
const OPEN_GATE: Gate = { admit: () => true }

/** One replica: a router, ports in memory, and a clock of its own. */
export class Side {
  readonly pool = new Pool(FRAMES)
  store!: StateStore
  router!: Router
  /** What elements printed. */
  readonly printed: string[] = []
  /** What came out, in order; both sides of a move share it. */
  readonly sent: Frame[]
  readonly #answer: (output: Frame) => Frame | null
  readonly #ports = new Map<string, MemoryPort>()
  readonly #clock: { nowMs: number }
  readonly #epochMs: number
  readonly #graph: Graph
  #handOvers = 0

  constructor(
    graph: Graph,
    options: Pick<CutOptions, 'answer' | 'ports'>,
    offsetMs: number,
    sent: Frame[],
  ) {
    this.#graph = graph
    this.sent = sent
    this.#answer = options.answer ?? (() => null)
    const clock = { nowMs: 1_000_000 + offsetMs }
    this.#clock = clock
    this.#epochMs = 1.7e12 - clock.nowMs
    for (const name of options.ports)
      this.#ports.set(name, new MemoryPort(name, this.pool, this.sent))
    this.#build()
  }

  /** Hands over to a copy inside the process, as `--chaos-upgrade` does. */
  handOver(): void {
    const { instances } = this.router
    const side = { router: this.router, store: this.store, time: this.#clock }
    const print = (line: string) => void this.printed.push(line)
    const bySnapshot = this.#handOvers++ % 2 === 1
    new Successor(side, this.#graph, { kind: 'copy', print, bySnapshot }).finish()
    const left = staleReferences(instances, this.router)
    if (left.length > 0)
      throw new Error(
        `resources refer to instances that are gone; give these an 'adopt': ${left.join(', ')}`,
      )
  }

  #build(): void {
    const clock = this.#clock
    this.store = new StateStore({ bucketsLog2: BUCKETS_LOG2, clock, pool: this.pool })
    this.router = buildRouter(this.#graph, {
      pool: this.pool,
      ports: this.#ports,
      store: this.store,
      clock: {
        nowMs: () => clock.nowMs,
        epochUs: () => Math.round((clock.nowMs + this.#epochMs) * 1000),
      },
      seed: 1,
      print: (line) => this.printed.push(line),
      gate: OPEN_GATE,
    })
  }

  take(step: Step): void {
    this.pass(step.waitMs)
    for (const f of step.frames) {
      const output = typeof f === 'number' ? this.sent[f % this.sent.length] : undefined
      const frame = typeof f === 'number' ? output && this.#answer(output) : f
      if (frame) this.#ports.get(frame.port)!.queue.push(frame.bytes)
    }
    for (let k = 0; k < Math.max(1, step.turns); k++) this.router.turn()
  }

  /** Time passes: timers run when they are due, idle rows go. */
  pass(ms: number): void {
    if (ms <= 0) return
    const end = this.#clock.nowMs + ms
    for (let k = 0; k < TURNS_MAX && this.router.nextTimerMs <= end; k++) {
      this.#clock.nowMs = Math.max(this.#clock.nowMs, this.router.nextTimerMs)
      this.router.turn()
    }
    for (const at of [end - SWEEP_PASS_MS, end]) {
      this.#clock.nowMs = Math.max(this.#clock.nowMs, at)
      while (this.store.sweep(this.#clock.nowMs)) {}
    }
  }

  /** Goes on until nothing is left to do. */
  settle(): void {
    this.pass(SETTLE_MS)
    for (let k = 0; k < TURNS_MAX; k++) if (!this.router.turn()) return
    throw new Error('the router never comes to rest')
  }
}

function notesOf(p: Packet): string {
  const at = [p.mac, p.net, p.transport].map((h) => (h < 0 ? '-' : h - p.off))
  const anno = p.anno?.some((b) => b !== 0) === true ? Buffer.from(p.anno).toString('hex') : ''
  return [...at, p.dst, p.paint, p.type, p.timeUs, anno].join(' ')
}

/** A port whose packets come from and go to arrays. */
class MemoryPort implements Port {
  readonly name: string
  readonly where = 'memory'
  readonly fault = null
  readonly queue: Uint8Array[] = []
  readonly counters = {
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    rxDropped: 0,
    txDropped: 0,
  }
  readonly #pool: Pool
  readonly #sent: Frame[]

  constructor(name: string, pool: Pool, sent: Frame[]) {
    this.name = name
    this.#pool = pool
    this.#sent = sent
  }

  receive(out: Packet[], max: number): number {
    let n = 0
    while (n < max && this.queue.length > 0) {
      const p = this.#pool.allocLength(this.queue[0]!.length, FRAME_HEADROOM)
      if (p === null)
        throw new Error('the pool is empty: give the router fewer frames or more turns')
      p.mem.set(this.queue.shift()!, p.off)
      out[n++] = p
    }
    return n
  }

  send(p: Packet): boolean {
    this.#sent.push({ port: this.name, bytes: p.mem.slice(p.off, p.end), notes: notesOf(p) })
    this.#pool.free(p)
    return true
  }

  flush(): void {}
}
