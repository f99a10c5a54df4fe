// Neighbour solicitations and advertisements over Ethernet (RFC 4861): offsets, and how they are
// written. Both are one size: header, target, one option with the sender's Ethernet address.
//
//   0          14         54                 62        78           80
//   | Ethernet | IPv6     | type,code,sum,…  | target  | option,len | address |

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { copyEth } from './arp.ts'
import { setU16, u16At } from './ip-header.ts'
import {
  copyIp6,
  DST_AT,
  HOP_LIMIT_AT,
  ICMP6,
  IP6_HEADER,
  ip6Checksum,
  SRC_AT,
  setIcmp6Checksum,
  writeIp6Header,
} from './ip6.ts'

export const ND_LENGTH = 86
export const SOLICITATION = 135
export const ADVERTISEMENT = 136
const IP_AT = 14
const MESSAGE_AT = 54
export const TARGET_AT = 62
const OPTION_AT = 78
export const OPTION_ETHER_AT = 80
const MESSAGE = 32
/** A message that a router has passed on has less. */
const HOP_LIMIT = 255
/** Flags of an advertisement: from a router, asked for. */
const ANSWERED = 0xc0

/** The type of a neighbour message; 0: it is none, or too short. */
export function ndType(p: Packet): number {
  const m = p.mem
  const o = p.off
  if (p.end - o < ND_LENGTH || u16At(m, o + 12) !== 0x86dd) return 0
  return m[o + MESSAGE_AT]!
}

/** Is it a solicitation as it should be: not passed on by a router, with a right checksum? */
export function isSolicitation(p: Packet): boolean {
  const m = p.mem
  const o = p.off
  if (ndType(p) !== SOLICITATION || m[o + MESSAGE_AT + 1] !== 0) return false
  if (m[o + IP_AT + HOP_LIMIT_AT] !== HOP_LIMIT) return false
  return ip6Checksum(m, o + IP_AT, o + MESSAGE_AT, MESSAGE, ICMP6) === 0
}

/** Asks whose address `target` is; null where the pool is empty. */
export function makeSolicitation(
  pool: Pool,
  eth: Uint8Array,
  addr: Uint8Array,
  target: Uint8Array,
): Packet | null {
  const p = pool.allocLength(ND_LENGTH)
  if (p === null) return null
  const m = p.mem
  const o = p.off
  const n = o + IP_AT
  m.fill(0, o, o + ND_LENGTH)
  // The target's solicited-node address ff02::1:ff and three bytes, and the group of it (RFC 2464).
  m[n + DST_AT] = 0xff
  m[n + DST_AT + 1] = 0x02
  m[n + DST_AT + 11] = 1
  m[n + DST_AT + 12] = 0xff
  m[o] = 0x33
  m[o + 1] = 0x33
  m[o + 2] = 0xff
  for (let i = 13; i < 16; i++) {
    m[n + DST_AT + i] = target[i]!
    m[o + i - 10] = target[i]!
  }
  copyEth(m, o + 6, eth, 0)
  write(p, SOLICITATION, 0, addr, target, 1, eth)
  return p
}

/** Answers the solicitation `p` for the address that it asks for; null where the pool is empty. */
export function makeAdvertisement(pool: Pool, p: Packet, eth: Uint8Array): Packet | null {
  const q = pool.allocLength(ND_LENGTH)
  if (q === null) return null
  const m = q.mem
  const o = q.off
  m.fill(0, o, o + ND_LENGTH)
  copyEth(m, o, p.mem, p.off + 6)
  copyEth(m, o + 6, eth, 0)
  copyIp6(m, o + IP_AT + DST_AT, p.mem, p.off + IP_AT + SRC_AT)
  const target = p.mem.subarray(p.off + TARGET_AT, p.off + TARGET_AT + 16)
  write(q, ADVERTISEMENT, ANSWERED, target, target, 2, eth)
  return q
}

/** All but the destinations. */
function write(
  p: Packet,
  type: number,
  flags: number,
  src: Uint8Array,
  target: Uint8Array,
  option: number,
  eth: Uint8Array,
): void {
  const m = p.mem
  const o = p.off
  const n = o + IP_AT
  const t = o + MESSAGE_AT
  setU16(m, o + 12, 0x86dd)
  writeIp6Header(m, n, MESSAGE, ICMP6, HOP_LIMIT)
  copyIp6(m, n + SRC_AT, src, 0)
  m[t] = type
  m[t + 4] = flags
  copyIp6(m, o + TARGET_AT, target, 0)
  m[o + OPTION_AT] = option
  m[o + OPTION_AT + 1] = 1
  copyEth(m, o + OPTION_ETHER_AT, eth, 0)
  setIcmp6Checksum(m, n, t, MESSAGE)
  p.mac = o
  p.net = n
  p.transport = n + IP6_HEADER
}
