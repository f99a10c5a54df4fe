// Packets that become longer or shorter at either end, by any amount.

import { copyAnnotations, type Packet, type Pool } from '../../dataplane/packet.ts'

/**
 * The packet with `head` bytes more in front and `tail` more behind (negative: fewer); a longer
 * copy where its frame has no room, and null where there is no frame for that: p is then as before.
 */
export function resized(pool: Pool, p: Packet, head: number, tail: number): Packet | null {
  const front = Math.max(head, 0)
  const back = Math.max(tail, 0)
  const off = head < 0 ? Math.min(p.off - head, p.end) : p.off
  const end = tail < 0 ? Math.max(p.end + tail, off) : p.end
  if (off - front >= p.base && end + back <= p.limit) {
    p.off = off - front
    p.end = end + back
    return p
  }
  const longer = pool.allocLength(end - off + front + back)
  if (longer === null) return null
  longer.mem.set(p.mem.subarray(off, end), longer.off + front)
  copyAnnotations(p, longer, longer.off + front - off)
  pool.free(p)
  return longer
}
