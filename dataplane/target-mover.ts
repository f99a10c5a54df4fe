// The packet loop's part of a move at the new owner (N): checks what it can take, applies what
// comes, and at the release sends what waited: stragglers first, then held packets, in order. Where
// it owns other buckets already, frames are applied in slices, so that these buckets' packets go on.

import { ClickUpError } from '../lib/errors.ts'
import { APPLY_MS, APPLY_ROWS, BATCH, SLICE_MS } from '../lib/limits.ts'
import type { Buckets, HoldTotals, TargetCommand } from '../lib/move/types.ts'
import type { Transfer } from '../lib/wire/messages.ts'
import type { FromWorker } from './control.ts'
import type { MoverSetup } from './mover.ts'
import type { Packet } from './packet.ts'
import { decodePackets } from './packet-chunk.ts'
import type { StateSchema } from './schema.ts'
import { planTransfer } from './state-plan.ts'
import { SnapshotTarget } from './state-target.ts'

/** A frame that was not applied, or only in part. */
interface Waiting {
  readonly move: number
  readonly seq: number
  readonly kind: string
  readonly bytes: ArrayBuffer
  /** Of which this is the chunk. */
  readonly length: number
  begun: boolean
}

export class TargetMover {
  readonly #setup: MoverSetup
  #snapshot: SnapshotTarget | null = null
  /** Stragglers that came before the release: they precede what is held. */
  #stragglers: Packet[] = []
  /** What the gate had counted before this move. */
  #overflowBefore = 0
  /** Of this move a frame could not be applied: it is not released. */
  #failedMove = -1
  /** In order of arrival. */
  readonly #waiting: Waiting[] = []
  /** Time in this turn that has gone into applying. */
  #spentMs = 0

  /** What came while rows of these buckets, which moved away before, may still be being removed. */
  readonly #later: [number, TargetCommand, ArrayBuffer | null, number | undefined][] = []

  constructor(setup: MoverSetup) {
    this.#setup = setup
  }

  command(move: number, command: TargetCommand, bytes: ArrayBuffer | null, length?: number): void {
    // Commands come between turns, and the last one may be long over: ages become times here, and
    // packets that waited are processed.
    this.#setup.router.beginTurn()
    const begins = command.type === 'prepare' || command.type === 'release'
    if (this.#later.length > 0 || (begins && this.#setup.store.forgetting)) {
      this.#later.push([move, command, bytes, length])
      return
    }
    switch (command.type) {
      case 'prepare':
        this.#prepare(move, command.buckets, command.primary, command.transfer as Transfer)
        break
      case 'apply':
        this.#waiting.push({
          move,
          seq: command.seq,
          kind: command.kind,
          bytes: bytes ?? new ArrayBuffer(0),
          length: length ?? bytes?.byteLength ?? 0,
          begun: false,
        })
        this.#applySome()
        break
      case 'release':
        this.#applyUntil(Number.POSITIVE_INFINITY)
        if (move === this.#failedMove && !command.anyway) break
        this.#release(move, command.buckets, command.primary)
        break
      case 'discard':
        this.#discard(command.buckets)
    }
  }

  /** A little of what waits, once a turn; true: there is more. */
  slice(): boolean {
    this.#spentMs = 0
    if (this.#later.length > 0 && !this.#setup.store.forgetting)
      for (const late of this.#later.splice(0)) this.command(...late)
    if (this.#waiting.length > 0) this.#applySome()
    return this.#waiting.length > 0
  }

  #applySome(): void {
    const { clockMs, router } = this.#setup
    if (clockMs === undefined) {
      this.#applyUntil(Number.POSITIVE_INFINITY)
      return
    }
    const most = router.active ? SLICE_MS : APPLY_MS
    if (this.#spentMs >= most) return
    const from = clockMs()
    this.#applyUntil(from + most - this.#spentMs)
    this.#spentMs += clockMs() - from
  }

  #applyUntil(endMs: number): void {
    const clockMs = this.#setup.clockMs ?? (() => 0)
    while (this.#waiting.length > 0) {
      const frame = this.#waiting[0]!
      if (this.#apply(frame, endMs === Number.POSITIVE_INFINITY ? endMs : APPLY_ROWS))
        this.#waiting.shift()
      if (clockMs() >= endMs) return
    }
  }

  #prepare(move: number, buckets: Buckets, primary: boolean, transfer: Transfer): void {
    const { store, gate } = this.#setup
    const planned = planTransfer(transfer.schemas as StateSchema[], store.schemas(), {
      map: transfer.map,
      discard: transfer.discard,
      ...(transfer.sizes === undefined ? {} : { sizes: transfer.sizes }),
    })
    if (!planned.ok) {
      const refused = {
        type: 'refused' as const,
        code: 'INCOMPATIBLE',
        message: 'the new version cannot take the state of the old one',
        hint: 'see what is listed; nothing was changed',
        findings: planned.findings,
      }
      this.#event({ on: 'not_ready', move, refused })
      return
    }
    this.#snapshot?.discard()
    this.#snapshot = new SnapshotTarget(store, planned.plan, { beyond: true })
    this.#overflowBefore = gate.counters.holdOverflow
    gate.buckets.incoming(buckets, primary)
    this.#setup.send({
      type: 'target',
      event: { on: 'ready', move, endpoint: '' },
      plan: planned.plan,
    })
  }

  /** True: the frame is done with. */
  #apply(frame: Waiting, maxRows: number): boolean {
    const { move, seq, kind, bytes } = frame
    try {
      if (kind === 'stragglers') this.#straggle(decodePackets(bytes, this.#setup.router.pool))
      else if (!this.#applyRows(frame, maxRows)) return false
      this.#event({ on: 'applied', move, seq }, bytes)
    } catch (error) {
      if (!(error instanceof ClickUpError)) throw error
      const { code, message, hint, findings } = error
      this.#failedMove = move
      this.#event({
        on: 'apply_failed',
        move,
        refused: { type: 'refused', code, message, hint, findings },
      })
    }
    return true
  }

  /** A row that found its table full fails the move: the old owner has it still. */
  #applyRows(frame: Waiting, maxRows: number): boolean {
    const snapshot = this.#snapshot
    if (snapshot === null) return true
    const left = frame.begun
      ? snapshot.resume(maxRows)
      : snapshot.apply(frame.bytes, maxRows, frame.length)
    frame.begun = true
    if (snapshot.rowsRefused > 0)
      throw new ClickUpError(
        'LIMIT',
        `state ${snapshot.fullState} of the new version is too small for the rows of the old one`,
        'raise its capacity in the new configuration',
      )
    return left === 0
  }

  #straggle(packets: Packet[]): void {
    const { gate, router, steer } = this.#setup
    for (const p of packets) {
      p.bucket = steer(p)
      if (this.#snapshot !== null) this.#stragglers.push(p)
      else if (gate.admitStraggler(p)) router.inject(p.port, p)
    }
  }

  #release(move: number, buckets: Buckets, primary: boolean): void {
    const { gate, router } = this.#setup
    const { heldCount } = gate
    // Packets of the old one's queues that found no frame are lost as well.
    const refused = this.#snapshot?.packetsRefused ?? 0
    const overflow = gate.counters.holdOverflow - this.#overflowBefore + refused
    this.#snapshot?.commit()
    this.#snapshot = null
    gate.buckets.own(buckets, primary)
    for (const p of this.#stragglers) router.inject(p.port, p)
    this.#stragglers = []
    // One that owned other buckets before is active: its pullers may sleep by what came in queues.
    if (router.active) router.notifyAll()
    else router.activate()
    const holdUs = gate.holdUs()
    let entered = 0
    gate.releaseHeld((p) => {
      router.inject(p.port, p)
      if (++entered % BATCH === 0) this.#setup.flush()
    })
    this.#setup.flush()
    const hold: HoldTotals = { held: heldCount, overflow, holdUs }
    this.#event({ on: 'released', move, hold })
  }

  #discard(buckets: Buckets): void {
    const { gate, router } = this.#setup
    this.#waiting.length = 0
    gate.buckets.discard(buckets, true)
    gate.releaseHeld((p) => {
      gate.counters.foreign++
      router.pool.free(p)
    })
    for (const p of this.#stragglers) router.pool.free(p)
    this.#stragglers = []
    this.#snapshot?.discard()
    this.#snapshot = null
  }

  /** @param spare memory that the main thread may use again */
  #event(event: Extract<FromWorker, { type: 'target' }>['event'], spare?: ArrayBuffer): void {
    const at = this.#setup.clockMs?.() ?? 0
    const message = { type: 'target' as const, event, plan: null, at }
    if (spare === undefined) this.#setup.send(message)
    else this.#setup.send({ ...message, spare }, spare)
  }
}
