// Packet types by address, and packets that live outside of the driver's pool.

import test from 'ava'
import { intoPool, packetType } from '../../../dataplane/io/link.ts'
import { Pool } from '../../../dataplane/packet.ts'

test('packet type follows from the destination address', (t) => {
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1)
  const typeOf = (...to: number[]): number => packetType(Uint8Array.of(9, 9, ...to), 2, mac)
  t.is(typeOf(2, 0, 0, 0, 0, 1), 0)
  t.is(typeOf(255, 255, 255, 255, 255, 255), 1)
  t.is(typeOf(255, 255, 255, 255, 255, 254), 2)
  t.is(typeOf(1, 0, 0x5e, 0, 0, 1), 2)
  t.is(typeOf(2, 0, 0, 0, 0, 2), 3)
})

test('a packet of other memory is copied if a frame has room for it', (t) => {
  const pool = new Pool(1)
  const own = pool.alloc()!
  t.is(intoPool(pool, own), own)
  const other = new Pool(1).allocLength(3000)!
  t.is(intoPool(pool, other), null, 'no frame is free')
  pool.free(own)
  t.is(intoPool(pool, other), null, 'too long')
  t.is(pool.available, 1)
  other.end = other.off + 2048 - 256
  other.mem.fill(7, other.off, other.end)
  const copy = intoPool(pool, other)!
  t.is(copy.mem, pool.mem)
  t.is(copy.end, copy.limit)
  t.deepEqual(copy.mem.subarray(copy.off, copy.end), other.mem.subarray(other.off, other.end))
})
