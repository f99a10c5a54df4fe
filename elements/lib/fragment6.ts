// Cuts an IPv6 packet into fragments (RFC 8200, section 4.5).
//
//   | headers that every hop reads | fragment header | a part of the rest |

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { setU16, u16At } from './ip-header.ts'
import { DESTINATION, FRAGMENT, HOP_BY_HOP, IP6_HEADER, NEXT_AT, ROUTING } from './ip6.ts'

const HEADER = 8

/** Where the part that is cut begins, and where the number of its header stands. */
interface Cut {
  readonly at: number
  readonly nextAt: number
}

/** Hop-by-hop options and routing headers stay in front, and options for its stops. */
function cutOf(p: Packet): Cut | null {
  const m = p.mem
  let at = p.net + IP6_HEADER
  let nextAt = p.net + NEXT_AT
  let end: Cut = { at, nextAt }
  for (;;) {
    const next = m[nextAt]!
    if (next === FRAGMENT) return null
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== DESTINATION) return end
    if (at + 8 > p.end) return null
    nextAt = at
    at += (m[at + 1]! + 1) * 8
    if (at > p.end) return null
    if (next !== DESTINATION) end = { at, nextAt }
  }
}

/** The fragments in order, of at most `mtu` bytes each; null: it cannot be cut. `p` stays as it is. */
export function fragment6(p: Packet, mtu: number, id: number, pool: Pool): Packet[] | null {
  const cut = cutOf(p)
  if (cut === null) return null
  const { mem: m, net: n } = p
  const head = cut.at - n
  const room = (mtu - head - HEADER) & ~7
  const total = Math.min(p.end - n, IP6_HEADER + u16At(m, n + 4)) - head
  if (room < 8 || total <= 0) return null
  const made: Packet[] = []
  for (let done = 0; done < total; done += room) {
    const length = Math.min(room, total - done)
    const front = done === 0 ? n - p.off : 0
    const q = pool.allocLength(front + head + HEADER + length)
    if (q === null) {
      for (const one of made) pool.free(one)
      return null
    }
    const o = q.off + front
    q.mem.set(m.subarray(n - front, cut.at), q.off)
    q.mem[o + cut.nextAt - n] = FRAGMENT
    setU16(q.mem, o + 4, head - IP6_HEADER + HEADER + length)
    const f = o + head
    q.mem[f] = m[cut.nextAt]!
    q.mem[f + 1] = 0
    setU16(q.mem, f + 2, done | (done + length < total ? 1 : 0))
    setU16(q.mem, f + 4, id >>> 16)
    setU16(q.mem, f + 6, id & 0xffff)
    q.mem.set(m.subarray(cut.at + done, cut.at + done + length), f + HEADER)
    annotate(q, p, o)
    made.push(q)
  }
  return made
}

function annotate(q: Packet, p: Packet, net: number): void {
  q.net = net
  q.transport = net + IP6_HEADER
  if (net > q.off && p.mac >= p.off) q.mac = q.off + (p.mac - p.off)
  q.dst = p.dst
  q.paint = p.paint
  q.bucket = p.bucket
  q.port = p.port
  q.timeUs = p.timeUs
  q.type = p.type
  if (p.anno !== null) q.anno = Uint8Array.from(p.anno)
}
