// The packet loop's part of a move at the old owner (O): takes rows, changes and held packets out
// in chunks, one a turn and each against a grant; from the last fence on, sends stragglers after.

import { ClickUpError } from '../lib/errors.ts'
import { CHUNK_BYTES, FORGET_ROWS, SETTLE_FRAMES, SLICE_MS, STREAM_SHARE } from '../lib/limits.ts'
import type { Buckets, SourceCommand } from '../lib/move/types.ts'
import type { FromWorker } from './control.ts'
import type { MoverSetup } from './mover.ts'
import { encodePackets } from './packet-chunk.ts'
import type { TransferPlan } from './state-plan.ts'
import { SnapshotSource } from './state-source.ts'

/** Chunks that one slice of the drain makes. */
const DRAIN_CHUNKS = 4

/** Rows of a move's first slice, of which nobody knows how long they take. */
const FIRST_ROWS = 64

export class SourceMover {
  readonly #setup: MoverSetup
  #move = -1
  #plan: TransferPlan | null = null
  #snapshot: SnapshotSource | null = null
  #grants = 0
  /** A pass is on; what is left of the deltas that it began with (the first pass: no bound). */
  #passLeft = -1
  #phase: 'idle' | 'copying' | 'draining' | 'drained' | 'forgetting' = 'idle'
  /** What the last fence sets off, and the ports whose fence has come. */
  #armed: Extract<SourceCommand, { type: 'subscribe' }> | null = null
  readonly #fenced = new Set<number>()

  /** What came for a next move while rows of the last one were still being removed. */
  readonly #later: [number, SourceCommand][] = []
  readonly #chunkBytes: number
  /** A row's time in the slices so far, and when packets have had their share since the last. */
  #rowMs = SLICE_MS / FIRST_ROWS
  #restUntilMs = 0

  constructor(setup: MoverSetup) {
    this.#setup = setup
    this.#chunkBytes = setup.chunkBytes ?? CHUNK_BYTES
  }

  plan(plan: TransferPlan): void {
    this.#plan = plan
  }

  command(move: number, command: SourceCommand): void {
    const { gate, router, store } = this.#setup
    router.beginTurn() // commands come between turns: the last one may be long over
    if (this.#later.length > 0 || (command.type === 'subscribe' && store.forgetting)) {
      this.#later.push([move, command])
      return
    }
    if (command.type === 'subscribe') {
      this.#snapshot?.abort()
      if (this.#plan === null) throw new ClickUpError('INTERNAL', 'subscribe came before the plan')
      this.#move = move
      const moving = bucketMap(command.buckets, this.#setup.store.buckets)
      const front = this.#setup.front ?? 0
      this.#snapshot = new SnapshotSource(this.#setup.store, this.#plan, moving, { front })
      this.#rowMs = SLICE_MS / FIRST_ROWS
      this.#grants = 0
      this.#passLeft = Number.POSITIVE_INFINITY
      this.#phase = 'copying'
      this.#armed = command
      this.#fenced.clear()
      return
    }
    switch (command.type) {
      case 'grant':
        this.#grants += command.chunks
        break
      case 'round':
        this.#passLeft = this.#snapshot?.pendingDeltas ?? 0
        if (this.#passLeft === 0) this.#endPass()
        break
      case 'drain':
        this.#startDrain(command.buckets, command.primary)
        break
      case 'own':
        this.#own(command.buckets, command.primary)
        break
      case 'forget':
        this.#phase = 'forgetting'
        store.forgetting = true
        break
      case 'close':
        gate.buckets.close(command.buckets, true)
        this.#dropStragglers()
        this.#phase = this.#phase === 'forgetting' ? 'forgetting' : 'idle'
        this.#grants = 0
    }
  }

  /** Memory of chunks that the target has. */
  reuse(spares: readonly ArrayBuffer[]): void {
    for (const memory of spares) this.#snapshot?.reuse(memory)
  }

  /** The last fence starts the drain at once: the main thread says so too, but packets wait. */
  onFence(move: number, epoch: number, port: number): void {
    const armed = this.#armed
    if (armed === null || move !== this.#move || epoch !== armed.epoch) return
    this.#fenced.add(port)
    if (this.#fenced.size === armed.ports) this.#startDrain(armed.buckets, armed.primary)
  }

  #startDrain(buckets: Buckets, primary: boolean): void {
    if (this.#phase !== 'copying') return
    this.#setup.gate.buckets.away(buckets, primary)
    this.#phase = 'draining'
  }

  /**
   * One slice; true: there is more to do now.
   * @param worked packets were worked on in this turn, so that others may wait
   */
  slice(worked: boolean): boolean {
    switch (this.#phase) {
      case 'idle':
        return false
      case 'copying':
        return this.#copyTimed(worked)
      case 'draining':
        return this.#guarded(() => this.#drain())
      case 'drained':
        this.#sendStragglers()
        return false
      case 'forgetting': {
        this.#sendStragglers()
        const done = this.#snapshot?.forget(this.#setup.forgetRows ?? FORGET_ROWS) ?? true
        if (!done) return true
        this.#snapshot = null
        this.#setup.store.forgetting = false
        for (const [move, command] of this.#later.splice(0)) this.command(move, command)
        return false
      }
    }
  }

  /** A slice takes SLICE_MS at most, and one part in STREAM_SHARE of the time while packets wait. */
  #copyTimed(worked: boolean): boolean {
    const { clockMs } = this.#setup
    if (clockMs === undefined) return this.#copy(Number.MAX_SAFE_INTEGER)
    const from = clockMs()
    // What was not used of its share is not saved up for more than one slice.
    const saved = from - SLICE_MS * STREAM_SHARE
    if (this.#restUntilMs < saved) this.#restUntilMs = saved
    let more = true
    for (let at = from; more && at - from < SLICE_MS; ) {
      const snapshot = this.#snapshot
      if (snapshot === null || this.#passLeft < 0 || this.#grants === 0) return false
      if (worked && at < this.#restUntilMs) return true
      const before = sentBy(snapshot)
      const left = SLICE_MS - (at - from)
      more = this.#copy(Math.max(1, Math.floor(left / this.#rowMs)))
      const end = clockMs()
      // Longer: the thread was held up, and packets with it.
      this.#restUntilMs += Math.min(end - at, SLICE_MS * 2) * STREAM_SHARE
      const rows = sentBy(snapshot) - before
      // Sooner slower than faster: one slice that was held up says little.
      if (rows > 0) this.#rowMs = Math.max((end - at) / rows, this.#rowMs * 0.75)
      at = end
    }
    return more
  }

  #copy(maxRows: number): boolean {
    return this.#guarded(() => this.#copyChunk(maxRows))
  }

  /** A stream that is too slow, or a row that cannot be converted, ends the copy, not the loop. */
  #guarded(run: () => boolean): boolean {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof ClickUpError)) throw error
      this.#snapshot?.abort()
      this.#snapshot = null
      this.#phase = 'idle'
      this.#setup.router.notifyAll()
      const { code, message, hint, findings } = error
      const failure = { code, message, hint, findings }
      this.#setup.send({ type: 'source_failed', move: this.#move, failure })
      return false
    }
  }

  #copyChunk(maxRows: number): boolean {
    const snapshot = this.#snapshot
    if (snapshot === null || this.#passLeft < 0 || this.#grants === 0) return false
    const { deltasSent, snapshotDone } = snapshot
    const kind = snapshotDone ? 'deltas' : 'rows'
    const chunk = snapshot.next(this.#chunkBytes, maxRows)
    if (chunk !== null) this.#chunk(kind, chunk)
    if (snapshotDone) this.#passLeft -= snapshot.deltasSent - deltasSent
    const over = snapshotDone ? this.#passLeft <= 0 || !snapshot.busy : snapshot.snapshotDone
    if (!over) return true
    const rest = snapshot.flush()
    if (rest !== null) this.#chunk(kind, rest)
    this.#endPass()
    return true
  }

  #endPass(): void {
    this.#passLeft = -1
    const pending = this.#snapshot?.pendingDeltas ?? 0
    // Few from here on, so that little waits at the target when the last fence comes.
    const dropped = Math.max(0, this.#grants - SETTLE_FRAMES)
    this.#grants -= dropped
    this.#event({ on: 'round', move: this.#move, pending, dropped })
  }

  /** Several chunks at once, and the end with the last: packets wait for it at the target. */
  #drain(): boolean {
    for (let n = 0; n < DRAIN_CHUNKS && this.#phase === 'draining'; n++)
      if (!this.#drainChunk()) return false
    return true
  }

  #drainChunk(): boolean {
    const snapshot = this.#snapshot
    if (this.#grants === 0 || snapshot === null) return false
    const { packetsSent } = snapshot
    const chunk = snapshot.finish(this.#chunkBytes)
    if (chunk !== null) {
      this.#chunk(snapshot.packetsSent > packetsSent ? 'packets' : 'deltas', chunk)
      return true
    }
    this.#phase = 'drained'
    this.#event({ on: 'drained', move: this.#move })
    return true
  }

  #sendStragglers(): void {
    if (this.#grants === 0) return
    const stragglers = this.#setup.gate.takeStragglers()
    if (stragglers.length === 0) return
    const front = this.#setup.front ?? 0
    const bytes = encodePackets(stragglers, front)
    for (const p of stragglers) this.#setup.router.pool.free(p)
    this.#grants--
    this.#event(
      {
        on: 'chunk',
        move: this.#move,
        kind: 'stragglers',
        ref: -1,
        bytes: bytes.byteLength - front,
        count: stragglers.length,
      },
      bytes,
    )
  }

  #dropStragglers(): void {
    const { gate, router } = this.#setup
    for (const p of gate.takeStragglers()) {
      gate.counters.foreign++
      router.pool.free(p)
    }
  }

  #own(buckets: Buckets, primary: boolean): void {
    const { gate, router } = this.#setup
    this.#snapshot?.abort()
    this.#snapshot = null
    this.#phase = 'idle'
    this.#grants = 0
    this.#passLeft = -1
    this.#armed = null
    gate.buckets.own(buckets, primary)
    // What the drain took out of queues is back in them: their pullers may have gone to sleep.
    router.notifyAll()
    for (const p of gate.takeStragglers()) router.inject(p.port, p)
  }

  #chunk(kind: 'rows' | 'deltas' | 'packets', chunk: ArrayBuffer): void {
    this.#grants--
    const { chunkRecords: count, chunkBytes: bytes } = this.#snapshot!
    this.#event({ on: 'chunk', move: this.#move, kind, ref: -1, bytes, count }, chunk)
  }

  #event(
    event: Extract<FromWorker, { type: 'source' }>['event'],
    bytes: ArrayBuffer | null = null,
  ) {
    const { front = 0, clockMs } = this.#setup
    const at = clockMs?.() ?? 0
    this.#setup.send({ type: 'source', event, bytes, front, at }, bytes ?? undefined)
  }
}

/** Records that a snapshot has put into chunks so far. */
function sentBy(s: SnapshotSource): number {
  return s.rowsSent + s.deltasSent + s.packetsSent
}

function bucketMap(buckets: Buckets, count: number): Uint8Array {
  const map = new Uint8Array(count)
  for (const [from, to] of buckets) map.fill(1, from, to)
  return map
}
