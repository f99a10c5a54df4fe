// Any events in any order: the machines never throw, moves and epochs only rise, the window is
// kept, and a message that is repeated at once does nothing but give the same answer.

import test from 'ava'
import { STREAM_CREDIT } from '../../../lib/limits.ts'
import { SOURCE_IDLE, sourceStep } from '../../../lib/move/source.ts'
import { TARGET_IDLE, targetStep } from '../../../lib/move/target.ts'
import type {
  FrameKind,
  SourceEvent,
  TargetEvent,
  ToSource,
  ToTarget,
} from '../../../lib/move/types.ts'
import { Random } from '../../../lib/random.ts'

const RUNS = 2_000
const EVENTS = 60
const REFUSED = { type: 'refused', code: 'INTERNAL', message: '', hint: '', findings: [] } as const
const BUCKETS = [[0, 4]] as const

function sourceEvent(r: Random, granted: number, next: number): SourceEvent {
  const at = { move: r.between(1, 2), epoch: r.between(1, 3) }
  const { move, epoch } = at
  const start: ToSource = {
    ...at,
    type: 'start',
    endpoint: 'e',
    buckets: BUCKETS,
    primary: true,
    ports: r.between(1, 2),
  }
  switch (r.below(9)) {
    case 0:
      return { on: 'message', msg: start }
    case 1:
      return { on: 'message', msg: { ...at, type: r.pick(['status', 'abort', 'forget']) } }
    case 2:
      return { on: 'fence', move, epoch, port: r.below(2) }
    case 3:
      return { on: 'drained', move }
    case 4:
      return { on: 'round', move, pending: r.below(1_000) }
    case 5:
      return { on: 'timer' }
    case 6: {
      const credit = { ...at, next: r.below(next + 2), window: STREAM_CREDIT, gap: r.chance(0.3) }
      return { on: 'credit', credit }
    }
    default: {
      // The packet loop makes no chunk without a grant.
      if (granted === 0) return { on: 'timer' }
      const kind = r.pick(['rows', 'deltas', 'packets'] as const)
      return { on: 'chunk', move, kind, ref: 1, bytes: 9, count: 1 }
    }
  }
}

test('source', (t) => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const r = new Random(seed)
    let state = SOURCE_IDLE
    for (let i = 0; i < EVENTS; i++) {
      const event = sourceEvent(r, state.granted, state.next)
      const [next, actions] = sourceStep(state, event)
      const where = `seed ${seed}, event ${i}: ${JSON.stringify(event)}`
      if (next.move < state.move || (next.move === state.move && next.epoch < state.epoch))
        t.fail(`went back: ${where}`)
      if (next.next - next.acked + next.granted > STREAM_CREDIT) t.fail(`window: ${where}`)
      for (const a of actions)
        if (a.do === 'resend' && (a.from < next.acked || a.to > next.next))
          t.fail(`resends what is not kept: ${where}`)
      if (event.on === 'message') {
        const [again, repeated] = sourceStep(next, event)
        if (JSON.stringify(again) !== JSON.stringify(next)) t.fail(`repeat changes: ${where}`)
        if (repeated.some((a) => a.do !== 'reply')) t.fail(`repeat acts: ${where}`)
      }
      state = next
    }
  }
  t.pass()
})

function targetEvent(r: Random, next: number): TargetEvent {
  const at = { move: r.between(1, 2), epoch: r.between(1, 3) }
  const { move } = at
  const owned = { buckets: BUCKETS, primary: true }
  const prepare: ToTarget = { ...at, type: 'prepare', source: 'o', ...owned, transfer: null }
  switch (r.below(10)) {
    case 0:
      return { on: 'message', msg: prepare }
    case 1:
      return { on: 'message', msg: { ...at, type: r.pick(['status', 'abort', 'hold']) } }
    case 2:
      return r.chance(0.3)
        ? { on: 'message', msg: { ...at, type: 'takeover', ...owned } }
        : { on: 'timer' }
    case 3:
      return { on: 'ready', move, endpoint: 'e' }
    case 4:
      return r.chance(0.2) ? { on: 'not_ready', move, refused: REFUSED } : { on: 'timer' }
    case 5:
      return { on: 'released', move, hold: { held: 0, overflow: 0, holdUs: 0 } }
    case 6:
      return { on: 'applied', move, seq: Math.max(0, next - 1) }
    case 7:
      return r.chance(0.2) ? { on: 'stream_ended', move } : { on: 'timer' }
    default: {
      const kind: FrameKind = r.pick(['rows', 'deltas', 'packets', 'done', 'stragglers'])
      return { on: 'frame', head: { ...at, seq: r.below(next + 2), kind }, ref: 1 }
    }
  }
}

test('target', (t) => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const r = new Random(seed)
    let state = TARGET_IDLE
    let applied = 0
    for (let i = 0; i < EVENTS; i++) {
      const event = targetEvent(r, state.next)
      const [next, actions] = targetStep(state, event)
      const where = `seed ${seed}, event ${i}: ${JSON.stringify(event)}`
      if (next.move !== state.move) applied = 0
      if (next.move < state.move || (next.move === state.move && next.epoch < state.epoch))
        t.fail(`went back: ${where}`)
      for (const a of actions)
        if (a.do === 'worker' && a.command.type === 'apply') {
          if (a.command.seq < applied) t.fail(`applied twice or out of order: ${where}`)
          applied = a.command.seq + 1
        }
      // Once it owns a move's buckets, nothing of that move takes them away.
      if (next.move === state.move && state.phase === 'owner' && next.phase !== 'owner')
        t.fail(`owner no more: ${where}`)
      if (event.on === 'message') {
        const [again, repeated] = targetStep(next, event)
        if (JSON.stringify(again) !== JSON.stringify(next)) t.fail(`repeat changes: ${where}`)
        if (repeated.some((a) => a.do === 'worker')) t.fail(`repeat acts: ${where}`)
      }
      state = next
    }
  }
  t.pass()
})
