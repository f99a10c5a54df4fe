// Frames of the state stream: what is encoded is decoded, and nothing else is taken.

import test from 'ava'
import { Pool } from '../../../dataplane/packet.ts'
import { decodePackets, encodePackets } from '../../../dataplane/packet-chunk.ts'
import {
  decodeStream,
  encodeStream,
  FRAME_FRONT,
  frameInPlace,
  type StreamMessage,
} from '../../../dataplane/stream-frame.ts'
import { packetsOf } from './packets.ts'

const MESSAGES: readonly StreamMessage[] = [
  { type: 'hello', move: 7, epoch: 3 },
  { type: 'plan', move: 7, epoch: 3, plan: { entries: [{ state: 'nat.flows' }], discarded: [] } },
  { type: 'credit', credit: { move: 7, epoch: 3, next: 12, window: 32, gap: true } },
  {
    type: 'frame',
    head: { move: 0xffff_fff0, epoch: 3, seq: 9, kind: 'deltas' },
    payload: new Uint8Array([1, 2, 3, 255]).buffer,
  },
  {
    type: 'frame',
    head: { move: 1, epoch: 2, seq: 0, kind: 'done' },
    payload: new ArrayBuffer(0),
  },
]

test('every message comes back as it was', (t) => {
  for (const message of MESSAGES) t.deepEqual(decodeStream(encodeStream(message)), message)
})

test('a message that starts inside a larger buffer is read where it lies', (t) => {
  const bytes = encodeStream(MESSAGES[3]!)
  const larger = new Uint8Array(bytes.length + 3)
  larger.set(bytes, 3)
  t.deepEqual(decodeStream(larger.subarray(3)), MESSAGES[3])
})

test('a frame made in place is the frame that is made by copying', (t) => {
  const head = { move: 7, epoch: 3, seq: 9, kind: 'rows' as const }
  const memory = new ArrayBuffer(FRAME_FRONT + 64)
  const bytes = new Uint8Array(memory)
  bytes.fill(0xee)
  bytes.set([1, 2, 3, 4, 5], FRAME_FRONT)
  const payload = new Uint8Array([1, 2, 3, 4, 5]).buffer
  t.deepEqual(frameInPlace(head, memory, 5), encodeStream({ type: 'frame', head, payload }))
})

test('a payload goes into memory that is given, also where that is longer', (t) => {
  const given = new ArrayBuffer(16)
  const asked: unknown[] = []
  const message = decodeStream(encodeStream(MESSAGES[3]!), (...of) => {
    asked.push(of)
    return given
  })
  t.deepEqual(asked, [[4, { move: 0xffff_fff0, epoch: 3, seq: 9, kind: 'deltas' }]])
  if (message.type !== 'frame') return t.fail(message.type)
  t.is(message.payload, given)
  t.is(message.length, 4)
  t.deepEqual([...new Uint8Array(given, 0, 5)], [1, 2, 3, 255, 0])
  const unwanted = decodeStream(encodeStream(MESSAGES[3]!), () => new ArrayBuffer(0))
  t.deepEqual(unwanted.type === 'frame' && [unwanted.head.seq, unwanted.length], [9, 0])
})

test('a head that is cut anywhere is refused', (t) => {
  const bytes = encodeStream(MESSAGES[0]!)
  for (let length = 0; length < bytes.length; length++)
    t.throws(() => decodeStream(bytes.subarray(0, length)), { code: 'PROTOCOL' })
})

test('another magic, version, type or kind, a cut credit or plan are refused', (t) => {
  const changed = (message: StreamMessage, at: number, value: number) => {
    const bytes = encodeStream(message)
    bytes[at] = value
    return () => decodeStream(bytes)
  }
  t.throws(changed(MESSAGES[0]!, 0, 0), { code: 'PROTOCOL', message: /not of a state stream/ })
  t.throws(changed(MESSAGES[0]!, 18, 9), { code: 'PROTOCOL', message: /version 9.*speaks 1/ })
  t.throws(changed(MESSAGES[0]!, 16, 9), { code: 'PROTOCOL', message: /type 9/ })
  t.throws(changed(MESSAGES[3]!, 17, 9), { code: 'PROTOCOL', message: /kind 9/ })
  t.throws(() => decodeStream(encodeStream(MESSAGES[2]!).subarray(0, 22)), { code: 'PROTOCOL' })
  t.throws(() => decodeStream(encodeStream(MESSAGES[1]!).subarray(0, 30)), { code: 'PROTOCOL' })
})

test('stragglers travel with their ports and bytes, in order', (t) => {
  const pool = new Pool(8)
  const sent = packetsOf(pool, ['one', 'two, which is longer', ''])
  sent.forEach((p, i) => {
    p.port = i
  })
  const came = decodePackets(encodePackets(sent), pool)
  t.deepEqual(
    came.map((p) => [p.port, Buffer.from(p.mem.subarray(p.off, p.end)).toString()]),
    [
      [0, 'one'],
      [1, 'two, which is longer'],
      [2, ''],
    ],
  )
})

test('a packets chunk that is cut anywhere, or too long, is refused before a packet is made', (t) => {
  const pool = new Pool(8)
  const chunk = encodePackets(packetsOf(pool, ['one', 'two']))
  const free = pool.available
  for (let length = 0; length < chunk.byteLength; length++)
    t.throws(() => decodePackets(chunk.slice(0, length), pool), { code: 'PROTOCOL' })
  const longer = new Uint8Array(chunk.byteLength + 1)
  longer.set(new Uint8Array(chunk))
  t.throws(() => decodePackets(longer.buffer, pool), { code: 'PROTOCOL' })
  t.is(pool.available, free)
})

test('what the pool has no frame for is left out, and counted', (t) => {
  const chunk = encodePackets(packetsOf(new Pool(4), ['one', 'two', 'three']))
  const small = new Pool(2)
  t.is(decodePackets(chunk, small).length, 2)
  t.is(small.exhausted, 1)
})
