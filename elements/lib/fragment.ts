// Cuts an IP datagram into fragments (RFC 791, section 3.2).

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { setIpChecksum } from './checksum.ts'

const MORE = 0x20
/** The flag that means nothing. */
const RESERVED = 0x80

/** Length of the options that every fragment has, padded to whole words; 0: there are none. */
export function copiedOptions(m: Uint8Array, n: number, into: Uint8Array): number {
  const end = n + ((m[n]! & 15) << 2)
  let used = 0
  for (let at = n + 20; at < end; ) {
    const type = m[at]!
    if (type === 0) break
    const length = type === 1 ? 1 : (m[at + 1] ?? 0)
    // An option that says that it has no length, or goes past the header, ends the list.
    if ((type !== 1 && length < 2) || at + length > end) break
    if ((type & 0x80) !== 0) for (let i = 0; i < length; i++) into[used++] = m[at + i]!
    at += length
  }
  while (used % 4 !== 0) into[used++] = 0
  return used
}

/** Room for a fragment's options: the longest IP header's. */
const options = 40

/**
 * Fragments of `p`, each of at most `mtu` bytes of IP, handed to `emit` in order; `p` stays the
 * caller's. False: the MTU leaves no room, or the pool ran out (the rest is not sent).
 */
export function fragment(
  p: Packet,
  mtu: number,
  headroom: number,
  pool: Pool,
  emit: (fragment: Packet) => void,
): boolean {
  const m = p.mem
  const n = p.net
  const hl = (m[n]! & 15) << 2
  const total = (m[n + 2]! << 8) | m[n + 3]!
  const copied = new Uint8Array(options)
  const rest = copiedOptions(m, n, copied)
  const baseOffset = ((m[n + 6]! & 0x1f) << 8) | m[n + 7]!
  const wasMore = (m[n + 6]! & MORE) !== 0
  const reserved = m[n + 6]! & RESERVED
  if (mtu - hl < 8) return false
  for (let done = 0; hl + done < total; ) {
    const header = done === 0 ? hl : 20 + rest
    const left = total - hl - done
    // As in Click, the last one too is cut to whole units of eight bytes where others are.
    const room = (mtu - header) & ~7
    const last = left <= room
    const length = last ? left : room
    // The first one keeps what is in front of the IP header.
    const front = done === 0 ? n - p.off : 0
    const q = pool.allocLength(front + header + length, headroom)
    if (q === null) return false
    const at = q.off + front
    if (done === 0) q.mem.set(m.subarray(p.off, n + hl), q.off)
    else {
      q.mem.set(m.subarray(n, n + 20), at)
      q.mem.set(copied.subarray(0, rest), at + 20)
      q.mem[at] = 0x40 | (header >> 2)
    }
    q.mem.set(m.subarray(n + hl + done, n + hl + done + length), at + header)
    const offset = baseOffset + done / 8
    q.mem[at + 2] = (header + length) >>> 8
    q.mem[at + 3] = header + length
    q.mem[at + 6] = reserved | (last && !wasMore ? 0 : MORE) | (offset >>> 8)
    q.mem[at + 7] = offset
    setIpChecksum(q.mem, at)
    annotate(q, p, front > 0 && p.mac >= p.off ? q.off + (p.mac - p.off) : -1, at, header)
    done += length
    emit(q)
  }
  return true
}

function annotate(q: Packet, p: Packet, mac: number, net: number, header: number): void {
  q.mac = mac
  q.net = net
  q.transport = net + header
  q.dst = p.dst
  q.paint = p.paint
  q.bucket = p.bucket
  q.port = p.port
  q.timeUs = p.timeUs
  q.type = p.type
  if (p.anno !== null) q.anno = Uint8Array.from(p.anno)
}
