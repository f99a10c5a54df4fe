// The source's part of a move in the packet loop: how long its slices are, and how much of the time
// they take while packets wait. The clock is the test's own: a row takes as long as it says.

import test from 'ava'
import { SourceMover } from '../../../dataplane/source-mover.ts'
import { SLICE_MS, STREAM_SHARE } from '../../../lib/limits.ts'
import { Gate } from '../../../lib/move/gate.ts'
import { planOf, replica } from '../state/fixture.ts'

const ROWS = 20_000

/** A source of `rows` rows, each of which takes `rowMs` to be sent; slices go by in `turn`. */
function setUp(rows: number, rowMs: number) {
  const from = replica({ capacity: rows })
  for (let k = 0; k < rows; k++) from.flows.insert(k & 7, k, 1)
  const times = { nowMs: 0, asked: 0, sent: 0 }
  const mark = from.flows.$c.markSent.bind(from.flows.$c)
  from.flows.$c.markSent = (r: number) => {
    times.nowMs += rowMs
    times.sent++
    mark(r)
  }
  const events: string[] = []
  const setup = {
    router: { beginTurn() {}, notifyAll() {}, pool: from.pool },
    store: from.store,
    gate: { buckets: Gate.make(8), takeStragglers: () => [] },
    clockMs: () => times.nowMs,
    send: (message: { event: { on: string } }) => events.push(message.event.on),
  }
  const mover = new SourceMover(setup as never)
  mover.plan(planOf(from, replica({ capacity: rows })))
  const start = { buckets: [[0, 8]] as const, primary: true, epoch: 1, ports: 1 }
  mover.command(1, { type: 'subscribe', ...start })
  return { mover, times, events }
}

/** Turns of 0.1 ms of packets each; gives how long each slice took. */
function turns(s: ReturnType<typeof setUp>, count: number, worked: boolean): number[] {
  const slices: number[] = []
  for (let n = 0; n < count && s.times.sent < ROWS; n++) {
    if (worked) s.times.nowMs += 0.1
    const from = s.times.nowMs
    s.mover.slice(worked)
    slices.push(s.times.nowMs - from)
  }
  return slices
}

for (const rowMs of [0.0001, 0.002, 0.02])
  test(`slices stay short, and packets get their share: ${rowMs} ms a row`, (t) => {
    const s = setUp(ROWS, rowMs)
    s.mover.command(1, { type: 'grant', chunks: 1_000_000 })
    const slices = turns(s, 2_000, true)
    t.true(Math.max(...slices.slice(1)) <= SLICE_MS * 1.5 + rowMs, `${Math.max(...slices)}`)
    const share = slices.reduce((a, b) => a + b, 0) / s.times.nowMs
    t.true(share > 0.8 / STREAM_SHARE && share < 1.2 / STREAM_SHARE, `${share}`)
  })

test('without packets each turn has its slice', (t) => {
  const s = setUp(ROWS, 0.002)
  s.mover.command(1, { type: 'grant', chunks: 1_000_000 })
  const slices = turns(s, 100, false).slice(1)
  t.true(Math.min(...slices) > SLICE_MS / 2, `${Math.min(...slices)}`)
  t.true(Math.max(...slices) < SLICE_MS * 1.5, `${Math.max(...slices)}`)
})

test('no grant, no slice; a chunk costs one', (t) => {
  const s = setUp(ROWS, 0.0001)
  turns(s, 10, false)
  t.is(s.times.sent, 0)
  s.mover.command(1, { type: 'grant', chunks: 2 })
  turns(s, 100, false)
  t.deepEqual(s.events, ['chunk', 'chunk'])
})
