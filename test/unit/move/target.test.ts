// The target: order of frames, release, takeover at every stage, and that repeats change nothing.

import test from 'ava'
import { STREAM_CREDIT } from '../../../lib/limits.ts'
import { TARGET_IDLE, type TargetState, targetStep } from '../../../lib/move/target.ts'
import type { FrameKind, TargetAction, TargetEvent, ToTarget } from '../../../lib/move/types.ts'

const AT = { move: 3, epoch: 8 }
const BUCKETS = [[0, 4]] as const
const PREPARE: ToTarget = {
  ...AT,
  type: 'prepare',
  source: 'nf.1',
  buckets: BUCKETS,
  primary: false,
  transfer: null,
}
const TAKEOVER: ToTarget = { ...AT, type: 'takeover', buckets: BUCKETS, primary: false }
const REFUSED = {
  type: 'refused',
  code: 'INCOMPATIBLE',
  message: 'no path',
  hint: '',
  findings: [],
} as const

function play(
  state: TargetState,
  ...events: TargetEvent[]
): [TargetState, readonly TargetAction[]] {
  let actions: readonly TargetAction[] = []
  for (const event of events) [state, actions] = targetStep(state, event)
  return [state, actions]
}

const message = (msg: ToTarget): TargetEvent => ({ on: 'message', msg })
const ready: TargetEvent = { on: 'ready', move: 3, endpoint: 'ipc://n' }
const frame = (seq: number, kind: FrameKind = 'rows'): TargetEvent => ({
  on: 'frame',
  head: { ...AT, seq, kind },
  ref: seq,
})
const applied = (seq: number): TargetEvent => ({ on: 'applied', move: 3, seq })
const hold = { held: 2, overflow: 0, holdUs: 900 }
const released: TargetEvent = { on: 'released', move: 3, hold }
const ended: TargetEvent = { on: 'stream_ended', move: 3 }

const replies = (actions: readonly TargetAction[]) =>
  actions.flatMap((a) => (a.do === 'reply' ? [a.msg.type] : []))
const commands = (actions: readonly TargetAction[]) =>
  actions.flatMap((a) => (a.do === 'worker' ? [a.command.type] : []))
const credits = (actions: readonly TargetAction[]) =>
  actions.flatMap((a) => (a.do === 'credit' ? [[a.credit.next, a.credit.gap]] : []))

const [preparing] = play(TARGET_IDLE, message(PREPARE))
const [incoming] = play(preparing, ready)
const [owner] = play(incoming, frame(0), applied(0), frame(1, 'done'), released)

test('prepare, ready, hold', (t) => {
  t.deepEqual(commands(play(TARGET_IDLE, message(PREPARE))[1]), ['prepare'])
  t.deepEqual(replies(play(preparing, ready)[1]), ['prepared'])
  const [held, actions] = play(incoming, message({ ...AT, type: 'hold' }))
  t.deepEqual(replies(actions), ['held'])
  t.deepEqual(replies(play(held, message(PREPARE))[1]), ['held'])
  t.deepEqual(commands(play(held, message(PREPARE))[1]), [])
})

test('a refused check is repeated on demand, and abort cleans up', (t) => {
  const [failed, actions] = play(preparing, { on: 'not_ready', move: 3, refused: REFUSED })
  t.like(actions[0], { do: 'reply', msg: { ...AT, code: 'INCOMPATIBLE', message: 'no path' } })
  t.deepEqual(replies(play(failed, message(PREPARE))[1]), ['refused'])
  const [, end] = play(failed, message({ ...AT, type: 'abort' }))
  t.deepEqual([commands(end), replies(end)], [['discard'], ['aborted']])
})

test('frames are applied in order, once; a gap is reported once', (t) => {
  const [one, first] = play(incoming, frame(0))
  t.deepEqual(commands(first), ['apply'])
  t.deepEqual(play(one, applied(0))[1], [
    { do: 'credit', credit: { ...AT, next: 1, window: STREAM_CREDIT, gap: false } },
  ])
  const [gap, report] = play(one, frame(2))
  t.deepEqual(credits(report), [[1, true]])
  t.deepEqual(play(gap, frame(3))[1], [])
  const [two, repaired] = play(gap, frame(1))
  t.deepEqual(commands(repaired), ['apply'])
  const [, repeat] = play(two, frame(0))
  t.deepEqual([commands(repeat), credits(repeat)], [[], [[0, false]]])
})

test('released with done: the packet loop applies what it was given before', (t) => {
  const [waits, now] = play(incoming, frame(0), frame(1, 'done'))
  t.deepEqual([commands(now), credits(now)], [['release'], []])
  const [, then] = play(waits, applied(0))
  t.deepEqual([commands(then), credits(then)], [[], [[2, false]]])
  const [, other] = play(incoming, frame(0), applied(0), frame(1, 'done'))
  t.deepEqual([commands(other), credits(other)], [['release'], [[2, false]]])
  t.deepEqual(commands(play(incoming, frame(0, 'done'))[1]), ['release'])
})

test('a frame that does not apply is told even after done; a takeover releases anyway', (t) => {
  const broken = { on: 'apply_failed', move: 3, refused: REFUSED } as const
  const [failed, told] = play(incoming, frame(0), frame(1, 'done'), broken)
  t.is(failed.phase, 'failed')
  t.deepEqual(replies(told), ['refused'])
  const [next, actions] = play(failed, message(TAKEOVER))
  const release = actions.find((a) => a.do === 'worker')
  t.like(release, { command: { type: 'release', anyway: true } })
  t.false(next.complete)
})

test('owner: tells it, again on demand; stragglers enter; nothing else does', (t) => {
  t.like(owner, { phase: 'owner', complete: true, hold })
  for (const msg of [PREPARE, TAKEOVER, { ...AT, type: 'status' }, { ...AT, type: 'abort' }])
    t.deepEqual(replies(play(owner, message(msg as ToTarget))[1]), ['released'])
  t.deepEqual(commands(play(owner, frame(2, 'stragglers'))[1]), ['apply'])
  t.deepEqual(commands(play(owner, frame(2, 'rows'))[1]), [])
})

test('takeover waits for the end of the stream, or for so long', (t) => {
  const [ending, actions] = play(incoming, frame(0), message(TAKEOVER))
  t.is(ending.phase, 'ending')
  t.is(actions[0]?.do, 'timer')
  for (const event of [ended, { on: 'timer' } as const]) {
    const [next, then] = play(ending, event)
    t.deepEqual(commands(then), ['release'])
    t.false(next.complete)
  }
  // The last frames arrive in time.
  const [next] = play(ending, applied(0), frame(1, 'done'))
  t.like(next, { phase: 'releasing', complete: true })
  t.deepEqual(commands(play(incoming, ended, message(TAKEOVER))[1]), ['release'])
})

test('takeover at once where no stream is: idle, preparing, failed, aborted', (t) => {
  const [failed] = play(preparing, { on: 'not_ready', move: 3, refused: REFUSED })
  const [aborted] = play(incoming, message({ ...AT, type: 'abort' }))
  for (const state of [TARGET_IDLE, preparing, failed, aborted]) {
    const [next, actions] = play(state, message(TAKEOVER))
    t.deepEqual(commands(actions), ['release'], state.phase)
    t.like(play(next, released)[0], { phase: 'owner', complete: false })
  }
})

test('an abort that comes late does not undo a takeover', (t) => {
  for (const state of [play(incoming, message(TAKEOVER))[0], play(preparing, message(TAKEOVER))[0]])
    t.deepEqual(play(state, message({ ...AT, type: 'abort' })), [state, []])
})

test('a frame that cannot be applied: refused, and nothing is released after it', (t) => {
  const [failed, actions] = play(incoming, frame(0), {
    on: 'apply_failed',
    move: 3,
    refused: REFUSED,
  })
  t.deepEqual(replies(actions), ['refused'])
  t.deepEqual(play(failed, frame(1, 'done'))[1], [])
})

test('older ones are refused; what belongs to no move here is not known', (t) => {
  t.like(play(owner, message({ ...PREPARE, move: 2 }))[1][0], {
    msg: { type: 'refused', code: 'STALE_EPOCH', move: 2 },
  })
  t.like(play(owner, message({ move: 4, epoch: 9, type: 'hold' }))[1][0], {
    msg: { type: 'refused', code: 'NOT_FOUND', move: 4 },
  })
  for (const event of [
    { ...ready, move: 2 },
    { ...released, move: 2 },
  ])
    t.deepEqual(play(incoming, event)[1], [])
})

test('a newer prepare discards what an older move left behind', (t) => {
  const [next, actions] = play(incoming, message({ ...PREPARE, move: 4 }))
  t.deepEqual(commands(actions), ['discard', 'prepare'])
  t.is(next.move, 4)
  t.deepEqual(commands(play(owner, message({ ...PREPARE, move: 4 }))[1]), ['prepare'])
})
