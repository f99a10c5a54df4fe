// The packet loop's part of a move: carries out the commands of the source and target machines
// between two turns, in slices, so that no turn is long. It decides nothing; lib/move does.

import { ClickUpError } from '../lib/errors.ts'
import { BATCH, CHUNK_BYTES, FORGET_ROWS } from '../lib/limits.ts'
import type { Buckets, HoldTotals, SourceCommand, TargetCommand } from '../lib/move/types.ts'
import type { FromWorker } from './control.ts'
import type { PacketGate } from './gate.ts'
import type { Packet } from './packet.ts'
import { decodePackets, encodePackets } from './packet-chunk.ts'
import type { Router } from './router.ts'
import type { StateSchema } from './schema.ts'
import type { StateStore } from './state.ts'
import { planTransfer, type TransferPlan } from './state-plan.ts'
import { SnapshotSource } from './state-source.ts'
import { SnapshotTarget } from './state-target.ts'

export interface MoverSetup {
  readonly router: Router
  readonly store: StateStore
  readonly gate: PacketGate
  /** Bucket of a packet by its port's steering key, or a code below 0. */
  readonly steer: (p: Packet) => number
  /** Makes the ports send what is queued: a ring is shorter than a hold. */
  readonly flush: () => void
  send(message: FromWorker, transfer?: ArrayBuffer): void
}

/** What a conductor says about the state that moves: MoveSpec.transfer. */
export interface Transfer {
  readonly schemas: readonly StateSchema[]
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
}

/** The source's work in the packet loop. */
export class SourceMover {
  readonly #setup: MoverSetup
  #move = -1
  #plan: TransferPlan | null = null
  #snapshot: SnapshotSource | null = null
  #grants = 0
  /** A pass is on; what is left of the deltas that it began with (the first pass: no bound). */
  #passLeft = -1
  #phase: 'idle' | 'copying' | 'draining' | 'drained' | 'forgetting' = 'idle'

  constructor(setup: MoverSetup) {
    this.#setup = setup
  }

  plan(plan: TransferPlan): void {
    this.#plan = plan
  }

  command(move: number, command: SourceCommand): void {
    const { gate } = this.#setup
    if (command.type === 'subscribe') {
      this.#snapshot?.abort()
      if (this.#plan === null) throw new ClickUpError('INTERNAL', 'subscribe came before the plan')
      this.#move = move
      const moving = bucketMap(command.buckets, this.#setup.store.buckets)
      this.#snapshot = new SnapshotSource(this.#setup.store, this.#plan, moving)
      this.#grants = 0
      this.#passLeft = Number.POSITIVE_INFINITY
      this.#phase = 'copying'
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
        gate.buckets.away(command.buckets, command.primary)
        this.#phase = 'draining'
        break
      case 'own':
        this.#own(command.buckets, command.primary)
        break
      case 'forget':
        this.#phase = 'forgetting'
        break
      case 'close':
        gate.buckets.close(command.buckets, true)
        this.#dropStragglers()
        this.#phase = this.#phase === 'forgetting' ? 'forgetting' : 'idle'
        this.#grants = 0
    }
  }

  /** One slice; true: there is more to do now. */
  slice(): boolean {
    switch (this.#phase) {
      case 'idle':
        return false
      case 'copying':
        return this.#copy()
      case 'draining':
        return this.#drain()
      case 'drained':
        this.#sendStragglers()
        return false
      case 'forgetting': {
        this.#sendStragglers()
        const done = this.#snapshot?.forget(FORGET_ROWS) ?? true
        if (done) this.#snapshot = null
        return !done
      }
    }
  }

  #copy(): boolean {
    const snapshot = this.#snapshot
    if (snapshot === null || this.#passLeft < 0 || this.#grants === 0) return false
    const { deltasSent, snapshotDone } = snapshot
    const before = sentBy(snapshot)
    const chunk = snapshot.next(CHUNK_BYTES)
    if (chunk !== null) this.#chunk(snapshotDone ? 'deltas' : 'rows', chunk, before)
    if (snapshotDone) this.#passLeft -= snapshot.deltasSent - deltasSent
    const over = snapshotDone ? this.#passLeft <= 0 || !snapshot.busy : snapshot.snapshotDone
    if (over) this.#endPass()
    return true
  }

  #endPass(): void {
    this.#passLeft = -1
    const pending = this.#snapshot?.pendingDeltas ?? 0
    this.#event({ on: 'round', move: this.#move, pending })
  }

  #drain(): boolean {
    const snapshot = this.#snapshot
    if (this.#grants === 0 || snapshot === null) return false
    const before = sentBy(snapshot)
    const { packetsSent } = snapshot
    const chunk = snapshot.finish(CHUNK_BYTES)
    if (chunk !== null) {
      this.#chunk(snapshot.packetsSent > packetsSent ? 'packets' : 'deltas', chunk, before)
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
    const bytes = encodePackets(stragglers)
    for (const p of stragglers) this.#setup.router.pool.free(p)
    this.#grants--
    this.#event(
      {
        on: 'chunk',
        move: this.#move,
        kind: 'stragglers',
        ref: -1,
        bytes: bytes.byteLength,
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
    gate.buckets.own(buckets, primary)
    for (const p of gate.takeStragglers()) router.inject(p.port, p)
  }

  #chunk(kind: 'rows' | 'deltas' | 'packets', chunk: ArrayBuffer, before: number): void {
    this.#grants--
    const count = sentBy(this.#snapshot!) - before
    const bytes = chunk.byteLength
    this.#event({ on: 'chunk', move: this.#move, kind, ref: -1, bytes, count }, chunk)
  }

  #event(
    event: Extract<FromWorker, { type: 'source' }>['event'],
    bytes: ArrayBuffer | null = null,
  ) {
    this.#setup.send({ type: 'source', event, bytes }, bytes ?? undefined)
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

/** The target's work in the packet loop. */
export class TargetMover {
  readonly #setup: MoverSetup
  #snapshot: SnapshotTarget | null = null
  /** Stragglers that came before the release: they precede what is held. */
  #stragglers: Packet[] = []

  constructor(setup: MoverSetup) {
    this.#setup = setup
  }

  command(move: number, command: TargetCommand, bytes: ArrayBuffer | null): void {
    switch (command.type) {
      case 'prepare':
        this.#prepare(move, command.buckets, command.primary, command.transfer as Transfer)
        break
      case 'apply':
        this.#apply(move, command.seq, command.kind, bytes ?? new ArrayBuffer(0))
        break
      case 'release':
        this.#release(move, command.buckets, command.primary)
        break
      case 'discard':
        this.#discard(command.buckets)
    }
  }

  #prepare(move: number, buckets: Buckets, primary: boolean, transfer: Transfer): void {
    const { store, gate } = this.#setup
    const planned = planTransfer(transfer.schemas, store.schemas(), {
      map: transfer.map,
      discard: transfer.discard,
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
    this.#snapshot = new SnapshotTarget(store, planned.plan)
    gate.buckets.incoming(buckets, primary)
    this.#setup.send({
      type: 'target',
      event: { on: 'ready', move, endpoint: '' },
      plan: planned.plan,
    })
  }

  #apply(move: number, seq: number, kind: string, bytes: ArrayBuffer): void {
    try {
      if (kind === 'stragglers') this.#straggle(decodePackets(bytes, this.#setup.router.pool))
      else this.#applyRows(bytes)
      this.#event({ on: 'applied', move, seq })
    } catch (error) {
      if (!(error instanceof ClickUpError)) throw error
      const { code, message, hint, findings } = error
      this.#event({
        on: 'apply_failed',
        move,
        refused: { type: 'refused', code, message, hint, findings },
      })
    }
  }

  /** A row that found its table full fails the move: the old owner has it still. */
  #applyRows(bytes: ArrayBuffer): void {
    const snapshot = this.#snapshot
    if (snapshot === null) return
    snapshot.apply(bytes)
    if (snapshot.rowsRefused > 0)
      throw new ClickUpError(
        'LIMIT',
        'a table of the new version is too small for the rows of the old one',
        'raise its capacity in the new configuration',
      )
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
    const { holdOverflow } = gate.counters
    this.#snapshot?.commit()
    this.#snapshot = null
    gate.buckets.own(buckets, primary)
    for (const p of this.#stragglers) router.inject(p.port, p)
    this.#stragglers = []
    router.activate()
    const holdUs = gate.holdUs()
    let entered = 0
    gate.releaseHeld((p) => {
      router.inject(p.port, p)
      if (++entered % BATCH === 0) this.#setup.flush()
    })
    this.#setup.flush()
    const hold: HoldTotals = { held: heldCount, overflow: holdOverflow, holdUs }
    this.#event({ on: 'released', move, hold })
  }

  #discard(buckets: Buckets): void {
    const { gate, router } = this.#setup
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

  #event(event: Extract<FromWorker, { type: 'target' }>['event']): void {
    this.#setup.send({ type: 'target', event, plan: null })
  }
}
