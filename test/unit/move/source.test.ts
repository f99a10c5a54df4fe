// The source: window and grants, resending, settling, fences, and that repeats change nothing.

import test from 'ava'
import {
  ROUNDS_MAX,
  SETTLE_FRAMES,
  SETTLE_ROWS,
  SETTLE_STALLS,
  STRAGGLER_MS,
  STREAM_CREDIT,
  STREAM_RETRY_MS,
} from '../../../lib/limits.ts'
import { SOURCE_IDLE, type SourceState, sourceStep } from '../../../lib/move/source.ts'
import type { SourceAction, SourceEvent, ToSource } from '../../../lib/move/types.ts'

const AT = { move: 3, epoch: 8 }
const START: ToSource = {
  ...AT,
  type: 'start',
  endpoint: 'ipc://n',
  buckets: [[0, 4]],
  primary: true,
  ports: 2,
}

/** Applies events; gives the state and the last event's actions. */
function play(
  state: SourceState,
  ...events: SourceEvent[]
): [SourceState, readonly SourceAction[]] {
  let actions: readonly SourceAction[] = []
  for (const event of events) [state, actions] = sourceStep(state, event)
  return [state, actions]
}

const message = (msg: ToSource): SourceEvent => ({ on: 'message', msg })
const chunk = (kind: 'rows' | 'deltas' = 'rows'): SourceEvent => ({
  on: 'chunk',
  move: 3,
  kind,
  ref: 1,
  bytes: 100,
  count: 10,
})
const round = (pending: number, dropped = 0): SourceEvent => ({
  on: 'round',
  move: 3,
  pending,
  dropped,
})
const fence = (port: number, epoch = 8): SourceEvent => ({ on: 'fence', move: 3, epoch, port })
const credit = (next: number, gap = false): SourceEvent => ({
  on: 'credit',
  credit: { ...AT, next, window: STREAM_CREDIT, gap },
})
const drained: SourceEvent = { on: 'drained', move: 3 }
const timer: SourceEvent = { on: 'timer' }

const replies = (actions: readonly SourceAction[]) =>
  actions.flatMap((a) => (a.do === 'reply' ? [a.msg.type] : []))
const commands = (actions: readonly SourceAction[]) =>
  actions.flatMap((a) => (a.do === 'worker' ? [a.command.type] : []))

const [started] = play(SOURCE_IDLE, message(START))
const [settled] = play(started, chunk(), credit(1), round(0))
const [drainedState] = play(settled, fence(0), fence(1), drained)

test('once all rows were sent few frames are under way, and from the last fence on the window is whole', (t) => {
  const grants = (actions: readonly SourceAction[]) =>
    actions.flatMap((a) =>
      a.do === 'worker' && a.command.type === 'grant' ? [a.command.chunks] : [],
    )
  const kept = SETTLE_FRAMES
  const dropped = STREAM_CREDIT - 2 - kept
  const [rounds] = play(started, chunk(), round(9_000, dropped))
  t.is(rounds.granted, kept)
  // One is under way: the packet loop has as many grants as may be, and one for each that is applied.
  const [applied, actions] = play(rounds, chunk('deltas'), chunk('deltas'), credit(2))
  t.deepEqual([grants(actions), applied.granted], [[1], kept - 1])
  t.is(applied.next + applied.granted - applied.acked, kept)
  const [, last] = play(applied, fence(0), fence(1))
  t.deepEqual(grants(last), [STREAM_CREDIT + 2 - 1 - applied.next - applied.granted])
})

test('start: connects, subscribes, grants the window less one for done', (t) => {
  const [, actions] = play(SOURCE_IDLE, message(START))
  t.deepEqual(actions.slice(0, 3), [
    { do: 'connect', endpoint: 'ipc://n' },
    {
      do: 'worker',
      move: 3,
      command: { type: 'subscribe', buckets: [[0, 4]], primary: true, epoch: 8, ports: 2 },
    },
    { do: 'worker', move: 3, command: { type: 'grant', chunks: STREAM_CREDIT - 1 } },
  ])
  t.deepEqual(replies(actions), ['started'])
})

test('a repeated start is answered and does nothing else, at any stage', (t) => {
  for (const [state, answer] of [
    [started, 'started'],
    [settled, 'settled'],
    [drainedState, 'drained'],
  ] as const) {
    const [next, actions] = play(state, message(START))
    t.deepEqual(next, state)
    t.deepEqual(replies(actions), [answer])
    t.is(actions.length, 1)
  }
})

test('chunks become numbered frames; credit opens the window again', (t) => {
  const [two, actions] = play(started, chunk(), chunk())
  t.deepEqual(actions, [{ do: 'frame', head: { ...AT, seq: 1, kind: 'rows' }, ref: 1 }])
  const [next, after] = play(two, credit(2))
  t.deepEqual(after, [
    { do: 'acked', next: 2 },
    { do: 'worker', move: 3, command: { type: 'grant', chunks: 2 } },
  ])
  t.is(next.granted + next.next - next.acked, STREAM_CREDIT - 1)
})

test('a gap is sent again from there; an overtaken report of one is not', (t) => {
  const [state] = play(started, chunk(), chunk(), chunk(), credit(2))
  t.deepEqual(
    play(state, credit(2, true))[1].filter((a) => a.do === 'resend'),
    [{ do: 'resend', from: 2, to: 3 }],
  )
  t.deepEqual(
    play(state, credit(1, true))[1].filter((a) => a.do === 'resend'),
    [],
  )
})

test('credit for frames that were never sent, or of another move, is ignored', (t) => {
  const [state] = play(started, chunk())
  t.deepEqual(play(state, credit(9))[0], state)
  const foreign = { move: 2, epoch: 8, next: 1, window: 8, gap: false }
  t.deepEqual(play(state, { on: 'credit', credit: foreign })[0], state)
})

test('without progress, what is out is sent again after STREAM_RETRY_MS', (t) => {
  let [state] = play(drainedState, credit(1))
  let ms = 0
  for (;;) {
    ms += state.tickMs
    const [next, actions] = sourceStep(state, timer)
    state = next
    if (actions.some((a) => a.do === 'resend')) break
    t.true(ms < 3 * STREAM_RETRY_MS, 'never sent again')
  }
  t.true(ms >= STREAM_RETRY_MS)
})

test('settles when little is dirty', (t) => {
  t.is(play(started, round(SETTLE_ROWS))[0].phase, 'settled')
  const [busy, actions] = play(started, round(SETTLE_ROWS + 1))
  t.is(busy.phase, 'copying')
  t.deepEqual(commands(actions), ['round']) // at once
})

test('settles only when the whole snapshot was applied, whatever the rounds', (t) => {
  const three = [chunk(), chunk(), chunk(), round(0)]
  t.is(play(started, ...three)[0].phase, 'copying')
  t.is(play(started, ...three, credit(2), round(0))[0].phase, 'copying')
  t.is(play(started, ...three, credit(3), round(0))[0].phase, 'settled')
  // Later frames may be under way.
  const deltas = [chunk('deltas'), chunk('deltas'), round(0)]
  t.is(play(started, ...three, credit(3), ...deltas)[0].phase, 'settled')
  // A target that applies nothing is not waited for: rounds are progress up to a bound.
  const many = Array.from({ length: ROUNDS_MAX * 2 }, () => round(0))
  const [stuck] = play(started, ...three, ...many)
  t.is(stuck.phase, 'copying')
  t.is(stuck.totals.rounds, ROUNDS_MAX)
})

test('settles when rounds stop shrinking, or are used up', (t) => {
  const same = Array.from({ length: SETTLE_STALLS + 1 }, () => round(9_000))
  t.is(play(started, ...same.slice(1))[0].phase, 'copying')
  t.is(play(started, ...same)[0].phase, 'settled')
  const hardly = same.map((_, i) => round(9_000 - i))
  t.is(play(started, ...hardly)[0].phase, 'settled')
  const shrinking = Array.from({ length: ROUNDS_MAX }, (_, i) => round(9e9 * 0.85 ** i))
  t.is(play(started, ...shrinking.slice(1))[0].phase, 'copying')
  t.is(play(started, ...shrinking)[0].phase, 'settled')
})

test('drains at the last fence only; repeats and other epochs do not count', (t) => {
  const [one, none] = play(settled, fence(0), fence(0), fence(1, 7))
  t.is(one.phase, 'settled')
  t.deepEqual(none, [])
  const [two, actions] = play(one, fence(1))
  t.is(two.phase, 'draining')
  t.deepEqual(commands(actions), ['drain'])
  const [, done] = play(two, drained)
  t.deepEqual(done[0], { do: 'frame', head: { ...AT, seq: 1, kind: 'done' }, ref: -1 })
  t.deepEqual(replies(done), ['drained'])
})

test('abort takes the buckets back at any stage before forget', (t) => {
  for (const state of [started, settled, play(settled, fence(0), fence(1))[0], drainedState]) {
    const [next, actions] = play(state, message({ ...AT, epoch: 9, type: 'abort' }))
    t.deepEqual(commands(actions), ['own'])
    t.deepEqual(replies(actions), ['aborted'])
    t.is(next.phase, 'aborted')
    // What was on its way from the packet loop, and late fences, change nothing.
    for (const event of [round(1), drained, fence(0), fence(1), timer])
      t.deepEqual(play(next, event), [next, []])
    t.deepEqual(play(next, chunk()), [next, [{ do: 'drop', ref: 1 }]])
  }
})

test('failed: told now and on demand, nothing is drained, abort takes the buckets back', (t) => {
  const refused = {
    type: 'refused' as const,
    code: 'INCOMPATIBLE',
    message: 'a row',
    hint: '',
    findings: [],
  }
  const failed: SourceEvent = { on: 'failed', move: 3, refused }
  for (const state of [started, settled, play(settled, fence(0), fence(1))[0]]) {
    const [next, actions] = play(state, failed)
    t.deepEqual(actions, [{ do: 'reply', msg: { ...refused, ...AT } }])
    t.deepEqual(play(next, message({ ...AT, type: 'status' }))[1], actions)
    for (const event of [round(1), drained, fence(0), fence(1)])
      t.deepEqual(play(next, event), [next, []])
    const [aborted, own] = play(next, message({ ...AT, epoch: 9, type: 'abort' }))
    t.is(aborted.phase, 'aborted')
    t.deepEqual(commands(own), ['own'])
  }
  for (const state of [drainedState, SOURCE_IDLE]) t.deepEqual(play(state, failed), [state, []])
  t.deepEqual(play(started, { ...failed, move: 2 }), [started, []])
})

test('an abort that overtakes its start wins', (t) => {
  const [aborted, actions] = play(SOURCE_IDLE, message({ ...AT, type: 'abort' }))
  t.deepEqual(commands(actions), [])
  const [next, late] = play(aborted, message(START))
  t.is(next.phase, 'aborted')
  t.deepEqual(replies(late), ['aborted'])
})

test('forget only after done; the stream closes after a rest', (t) => {
  t.deepEqual(replies(play(settled, message({ ...AT, type: 'forget' }))[1]), ['refused'])
  let [state, actions] = play(drainedState, message({ ...AT, type: 'forget' }))
  t.deepEqual(commands(actions), ['forget'])
  t.deepEqual(play(state, message({ ...AT, type: 'forget' }))[0], state)
  ;[state] = play(state, credit(2))
  for (let ms = 0; ms < STRAGGLER_MS; ms += state.tickMs) [state, actions] = play(state, timer)
  t.is(state.phase, 'closed')
  t.deepEqual(commands(actions), ['close'])
  t.deepEqual(replies(play(state, message({ ...AT, type: 'forget' }))[1]), ['forgotten'])
  t.deepEqual(replies(play(state, message({ ...AT, epoch: 9, type: 'abort' }))[1]), ['refused'])
})

test('older moves and epochs are refused, with their own numbers', (t) => {
  const [state] = play(settled, message({ ...AT, epoch: 9, type: 'status' }))
  for (const at of [
    { move: 2, epoch: 99 },
    { move: 3, epoch: 8 },
  ]) {
    const [next, actions] = play(state, message({ ...at, type: 'abort' }))
    t.deepEqual(next, state)
    const [refused] = actions
    t.like(refused, { do: 'reply', msg: { ...at, type: 'refused', code: 'STALE_EPOCH' } })
  }
})

test('a newer start ends what was going on, and keeps the buckets', (t) => {
  const [next, actions] = play(settled, message({ ...START, move: 4 }))
  t.deepEqual(commands(actions), ['own', 'subscribe', 'grant'])
  t.is(next.move, 4)
  t.is(next.next, 0)
  t.deepEqual(play(next, chunk())[0], next) // of move 3
})
