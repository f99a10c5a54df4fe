// For how long work on a table of a million rows holds the packet loop: a loop that looks up a batch
// of random rows each turn, as a packet loop does, and does a little of the work of each phase. The
// time of each turn goes into a histogram of powers of two; a phase stands beside the same loop
// without its work, since the machine interrupts both. Processor time of a turn is shown as well: of
// that, others on the machine take nothing.
//
// Batches are 256 look-ups. Inserts come 64 a turn, as new flows might; the other phases do what the
// replica's loop does in one turn (StateStore.sweep, SnapshotSource.next, SnapshotTarget.apply, …).

import { Pool } from '../../dataplane/packet.ts'
import { StateStore } from '../../dataplane/state.ts'
import { planTransfer } from '../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { APPLY_ROWS, CHUNK_BYTES, FORGET_ROWS, SWEEP_PASS_MS } from '../../lib/limits.ts'
import { type AnyTable, orderOf, rising, type Subject } from './state-rows.ts'

const LOOKUPS = 256
const INSERTS = 64
const BUCKETS_LOG2 = 10
const IDLE_S = 100
/** A turn longer than 2^this µs is counted as one of that. */
const LOG2_MAX = 20
const TURNS_MAX = 200_000
const BOUND_US = 1_000

export interface Phase {
  readonly name: string
  /** Turns of 2^k to 2^(k+1) µs; the first: below 2. */
  readonly turns: Float64Array
  readonly count: number
  readonly maxUs: number
  /** 99.99th percentile, to the microsecond. */
  readonly tailUs: number
  readonly over: number
  /** Of the process's processor time, all threads. */
  readonly cpuMaxUs: number
  readonly cpuOver: number
}

/** Of two recorders at a time: arrays made for each phase would make the collector run in it. */
const MEMORY = [0, 1].map(() => [new Float64Array(TURNS_MAX), new Float64Array(TURNS_MAX)] as const)

class Recorder {
  readonly #us: Float64Array
  readonly #cpuUs: Float64Array
  #n = 0

  constructor(which: number) {
    const [us, cpuUs] = MEMORY[which]!
    this.#us = us
    this.#cpuUs = cpuUs
  }

  /** One turn. Gives what `work` gives. */
  time(
    batch: (turn: number) => void,
    turn: number,
    work: ((turn: number) => boolean) | null,
  ): boolean {
    const cpu = process.cpuUsage()
    const start = performance.now()
    batch(turn)
    const more = work === null || work(turn)
    const us = (performance.now() - start) * 1000
    const { user, system } = process.cpuUsage(cpu)
    if (this.#n === TURNS_MAX) throw new Error('bench: more turns than there is room for')
    this.#cpuUs[this.#n] = user + system
    this.#us[this.#n++] = us
    return more
  }

  phase(name: string): Phase {
    const us = this.#us.subarray(0, this.#n).sort()
    const cpuUs = this.#cpuUs.subarray(0, this.#n)
    const over = (times: Float64Array) => times.reduce((n, t) => n + (t > BOUND_US ? 1 : 0), 0)
    const turns = new Float64Array(LOG2_MAX + 1)
    for (const t of us) turns[Math.min(LOG2_MAX, Math.max(0, Math.floor(Math.log2(t))))]!++
    return {
      name,
      turns,
      count: us.length,
      maxUs: us.at(-1) ?? 0,
      tailUs: us[Math.min(us.length - 1, Math.floor(us.length * 0.9999))] ?? 0,
      over: over(us),
      cpuMaxUs: cpuUs.reduce((a, b) => Math.max(a, b), 0),
      cpuOver: over(cpuUs),
    }
  }
}

interface Side {
  readonly clock: { nowMs: number }
  readonly store: StateStore
  readonly table: AnyTable
}

function side(subject: Subject, rows: number): Side {
  const clock = { nowMs: 1e6 }
  const store = new StateStore({ bucketsLog2: BUCKETS_LOG2, clock, pool: new Pool(4), seed: 5 })
  const decl = { ...subject.table, expire: { idle: 'seen', after: IDLE_S } } as const
  const capacity = Math.ceil(rows / 0.8)
  const args = ['e', 'Bench', 'rows', decl as never, capacity, IDLE_S, () => null] as const
  return { clock, store, table: store.instantiate(...args) as AnyTable }
}

/** Turns until `work` says false, or `turns` of them. */
function loop(
  name: string,
  turns: number,
  batch: (turn: number) => void,
  work: ((turn: number) => boolean) | null,
): Phase {
  const recorder = new Recorder(0)
  for (let turn = 0; turn < turns && recorder.time(batch, turn, work); turn++) {}
  return recorder.phase(name)
}

export function measurePauses(subject: Subject, rows: number): Phase[] {
  // The first time through, code is compiled: not what is measured.
  run(subject, Math.min(rows, 60_000))
  return run(subject, rows)
}

function run(subject: Subject, rows: number): Phase[] {
  const from = side(subject, rows)
  const order = orderOf(rows)
  const inserted = rising(rows)
  const most = Math.ceil(rows / INSERTS) * 4
  const look = (at: Side) => (turn: number) => {
    const first = (turn * LOOKUPS) % Math.max(1, rows - LOOKUPS)
    subject.look(at.table, order, first, Math.min(rows, first + LOOKUPS))
  }
  const phases: Phase[] = []
  const phase = (name: string, at: Side, work: ((turn: number) => boolean) | null, turns = most) =>
    phases.push(loop(name, turns, look(at), work))

  phase('grow from nothing', from, (turn) => {
    subject.insert(from.table, inserted, turn * INSERTS, Math.min(rows, (turn + 1) * INSERTS))
    return (turn + 1) * INSERTS < rows
  })
  phase('look-ups alone', from, null, most >> 2)
  phases.push(...move(subject, rows, from, order, look))
  subject.insert(from.table, inserted, 0, rows)
  for (const [name, work] of [
    ['expire all', expireAll(from)],
    ['grow again', null],
    ['clear', clearAll(from)],
  ] as const) {
    if (work !== null) phase(name, from, work)
    else subject.insert(from.table, inserted, 0, rows)
  }
  return phases
}

/**
 * Snapshot and changes into a table of its own: a turn of the source, then one of the target, each
 * with look-ups of its own and into a histogram of its own.
 */
function move(
  subject: Subject,
  rows: number,
  from: Side,
  order: Int32Array,
  look: (at: Side) => (turn: number) => void,
): Phase[] {
  const to = side(subject, rows)
  const planned = planTransfer(from.store.schemas(), to.store.schemas())
  if (!planned.ok) throw new Error('bench: no plan')
  const all = Array.from({ length: 1 << BUCKETS_LOG2 }, (_, b) => b)
  const source = new SnapshotSource(from.store, planned.plan, all)
  const target = new SnapshotTarget(to.store, planned.plan)
  const pass = (sent: string, applied: string): Phase[] => {
    const [ours, theirs] = [new Recorder(0), new Recorder(1)]
    for (let turn = 0; source.busy; turn++) {
      let chunk: ArrayBuffer | null = null
      ours.time(look(from), turn, () => {
        chunk = source.next(CHUNK_BYTES, APPLY_ROWS) ?? (source.busy ? null : source.flush())
        return true
      })
      const came = chunk as ArrayBuffer | null
      if (came === null) continue
      const bytes = source.chunkBytes
      theirs.time(look(to), turn, () => target.apply(came, APPLY_ROWS, bytes) >= 0)
      let left = true
      while (left) theirs.time(look(to), turn, () => (left = target.resume(APPLY_ROWS) > 0))
      source.reuse(came)
    }
    return [ours.phase(sent), theirs.phase(applied)]
  }
  const phases = pass('snapshot', 'snapshot, at the target')
  subject.hit(from.table, order, 0, rows)
  phases.push(...pass('changes of all rows', 'changes, at the target'))
  while (source.finish(CHUNK_BYTES) !== null) {}
  target.commit()
  phases.push(loop('forget', Infinity, look(from), () => !source.forget(FORGET_ROWS)))
  return phases
}

function expireAll(at: Side): () => boolean {
  at.clock.nowMs += 1e9 + SWEEP_PASS_MS
  return () => {
    at.store.sweep(at.clock.nowMs)
    return at.table.size > 0
  }
}

function clearAll(at: Side): () => boolean {
  return () => {
    at.table.clear()
    return false
  }
}
