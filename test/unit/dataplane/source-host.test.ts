// The source's role in the main thread: memory of frames that the target has goes back to the packet
// loop, but not once a frame was sent twice.

import test from 'ava'
import type { FromWorker, ToWorker } from '../../../dataplane/control.ts'
import { SourceHost } from '../../../dataplane/source-host.ts'
import { decodeStream, encodeStream, FRAME_FRONT } from '../../../dataplane/stream-frame.ts'
import { STREAM_CREDIT } from '../../../lib/limits.ts'
import { silentLog } from '../../../lib/log.ts'

const AT = { move: 3, epoch: 8 }

function setUp() {
  const told: ToWorker[] = []
  const sent: number[] = []
  let answer: (frame: Uint8Array) => void = () => {}
  const host = new SourceHost({
    clock: { now: () => 0, wall: () => 0, after: () => ({ cancel() {} }), sleep: async () => {} },
    log: silentLog,
    endpoint: 'ipc://o',
    toWorker: (message) => told.push(message),
    answer: () => {},
    connect: (_endpoint, _name, onFrame) => {
      answer = onFrame
      const send = async (frame: Uint8Array) => {
        const message = decodeStream(frame)
        if (message.type === 'frame') sent.push(message.head.seq)
      }
      return { send, close: async () => {} }
    },
    sendBack: async () => {},
  })
  const start = { endpoint: 'ipc://n', buckets: [[0, 4]] as const, primary: true, ports: 1 }
  host.step({ on: 'message', msg: { ...AT, type: 'start', ...start } })
  answer(encodeStream({ type: 'plan', ...AT, plan: {} }))
  const chunk = (): ArrayBuffer => {
    const bytes = new ArrayBuffer(FRAME_FRONT + 64)
    const event = { on: 'chunk', move: 3, kind: 'rows', ref: -1, bytes: 64, count: 1 } as const
    host.onWorker({ type: 'source', event, bytes, front: FRAME_FRONT } satisfies FromWorker)
    return bytes
  }
  const credit = (next: number, gap = false) =>
    answer(encodeStream({ type: 'credit', credit: { ...AT, next, window: STREAM_CREDIT, gap } }))
  const spares = () =>
    told.flatMap((m) => (m.type === 'source' && m.spares !== undefined ? m.spares : []))
  return { chunk, credit, spares, sent }
}

test('memory of what the target has goes back with the next grant', (t) => {
  const s = setUp()
  const [a, b] = [s.chunk(), s.chunk(), s.chunk()]
  t.deepEqual(s.spares(), [])
  s.credit(2)
  t.is(s.spares().length, 2)
  t.true(s.spares().includes(a!) && s.spares().includes(b!))
  t.deepEqual(s.sent, [0, 1, 2])
})

test('not once a frame was sent twice: the other copy may still be under way', (t) => {
  const s = setUp()
  const once = s.chunk()
  s.chunk()
  s.chunk()
  s.credit(1, true)
  t.deepEqual(s.sent, [0, 1, 2, 1, 2])
  s.chunk()
  s.credit(4)
  t.is(s.spares().length, 1)
  t.is(s.spares()[0], once)
})
