// The gate at a replica's ports: what becomes of a packet in each state of its bucket.

import test from 'ava'
import { PacketGate } from '../../../dataplane/gate.ts'
import { type Packet, Pool } from '../../../dataplane/packet.ts'
import { encodeFence, type Fence } from '../../../lib/fence.ts'
import { HELD_PACKETS, STRAGGLER_PACKETS } from '../../../lib/limits.ts'
import type { Buckets } from '../../../lib/move/types.ts'
import { STEER_ARP_REPLY, STEER_FENCE, STEER_NON_IP } from '../../../lib/steer.ts'
import { packetsOf, textOf } from './packets.ts'

const ALL: Buckets = [[0, 16]]

function setUp(owned: boolean, frames = 64) {
  const pool = new Pool(frames)
  const fences: Fence[] = []
  const gate = new PacketGate(4, owned, pool, (fence) => fences.push(fence))
  const packet = (bucket: number, text = 'x'): Packet => {
    const p = packetsOf(pool, [text])[0]!
    p.bucket = bucket
    return p
  }
  return { pool, gate, fences, packet }
}

test('the owner processes everything; nobody else anything but ARP replies', (t) => {
  const owner = setUp(true)
  const other = setUp(false)
  t.true(owner.gate.admit(owner.packet(3), 0))
  t.true(owner.gate.admit(owner.packet(STEER_NON_IP), 0))
  t.false(other.gate.admit(other.packet(3), 0))
  t.true(other.gate.admit(other.packet(STEER_ARP_REPLY), 0))
  t.is(other.gate.counters.foreign, 1)
  t.is(other.pool.available, 63, 'the foreign packet was freed, the reply is the graph’s')
})

test('packets of incoming buckets are held in order, and released in order', (t) => {
  const { gate, packet, pool } = setUp(false)
  gate.buckets.incoming(ALL, true)
  for (const text of ['a', 'b', 'c']) t.false(gate.admit(packet(2, text), 0))
  t.false(gate.admit(packet(STEER_NON_IP, 'd'), 1))
  t.is(gate.heldCount, 4)
  t.true(gate.holdUs() >= 0)
  const seen: string[] = []
  const count = gate.releaseHeld((p) => {
    seen.push(textOf(p))
    pool.free(p)
  })
  t.is(count, 4)
  t.deepEqual(seen, ['a', 'b', 'c', 'd'])
  t.is(gate.heldCount, 0)
  t.is(gate.holdUs(), 0)
  t.is(pool.available, 64)
})

test('ARP replies pass while everything else is held', (t) => {
  const { gate, packet } = setUp(false)
  gate.buckets.incoming(ALL, true)
  t.true(gate.admit(packet(STEER_ARP_REPLY), 0))
  t.is(gate.heldCount, 0)
})

test('the hold is bounded: what comes after that is dropped and counted', (t) => {
  const { gate, packet, pool } = setUp(false, HELD_PACKETS + 8)
  gate.buckets.incoming(ALL, true)
  for (let n = 0; n < HELD_PACKETS + 3; n++) gate.admit(packet(1), 0)
  t.is(gate.heldCount, HELD_PACKETS)
  t.is(gate.counters.holdOverflow, 3)
  t.is(pool.available, 8)
})

test('packets of buckets that went away are stragglers: kept in order, bounded', (t) => {
  const { gate, packet } = setUp(true, STRAGGLER_PACKETS + 8)
  gate.buckets.away(ALL, true)
  for (let n = 0; n < STRAGGLER_PACKETS + 2; n++) gate.admit(packet(1, `${n}`), 0)
  const taken = gate.takeStragglers()
  t.is(taken.length, STRAGGLER_PACKETS)
  t.deepEqual(taken.slice(0, 3).map(textOf), ['0', '1', '2'])
  t.is(gate.counters.stragglerOverflow, 2)
  t.deepEqual(gate.takeStragglers(), [])
})

test('a straggler is sent on once: two replicas that disagree make no loop', (t) => {
  const { gate, packet, pool } = setUp(true)
  gate.buckets.away(ALL, true)
  t.false(gate.admitStraggler(packet(1)))
  t.deepEqual(gate.takeStragglers(), [])
  t.is(gate.counters.foreign, 1)
  t.is(pool.available, 64)
  gate.buckets.own(ALL, true)
  t.true(gate.admitStraggler(packet(1)))
})

test('a fence is reported and goes no further, whoever owns what', (t) => {
  for (const owned of [true, false]) {
    const { gate, fences, pool } = setUp(owned)
    const bytes = encodeFence({ move: 5, epoch: 9, port: 1 })
    const p = pool.allocLength(bytes.length)!
    p.mem.set(bytes, p.off)
    p.bucket = STEER_FENCE
    t.false(gate.admit(p, 1))
    t.deepEqual(fences, [{ move: 5, epoch: 9, port: 1 }])
    t.is(pool.available, 64)
  }
})

test('a frame of the fence’s type that is none is dropped', (t) => {
  const { gate, fences, packet, pool } = setUp(true)
  t.false(gate.admit(packet(STEER_FENCE, 'not a fence at all, but of that type'), 0))
  t.deepEqual(fences, [])
  t.is(pool.available, 64)
})
