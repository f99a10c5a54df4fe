// Finds the IP header of a captured frame by the file's link type (pcap-linktype(7)).

import type { Packet } from '../../dataplane/packet.ts'

/** Sets network and transport header of an IPv4 packet; false: it is not one, or is cut short. */
export function markIp(p: Packet, linktype: number): boolean {
  const at = ipOffset(p, linktype)
  if (at < 0 || p.end - at < 20 || p.mem[at]! >> 4 !== 4) return false
  const headerLength = (p.mem[at]! & 15) * 4
  if (headerLength < 20 || at + headerLength > p.end) return false
  p.net = at
  p.transport = at + headerLength
  const { mem } = p
  p.dst = (mem[at + 16]! << 24) | (mem[at + 17]! << 16) | (mem[at + 18]! << 8) | mem[at + 19]!
  return true
}

const NULL = 0
const ETHER = 1
const PPP = 9
const FDDI = 10
const ATM = 100
const HDLC = 104
const IEEE_802_11 = 105
const LOOP = 108
const SLL = 113
const PPP_HDLC = 50
const SUNATM = 123
/** Frames that are IP packets; the numbers differ by system. */
const RAW: readonly number[] = [12, 14, 101, 228]

const OTHERS: readonly number[] = [
  NULL,
  ETHER,
  PPP,
  FDDI,
  ATM,
  HDLC,
  IEEE_802_11,
  LOOP,
  SLL,
  PPP_HDLC,
  SUNATM,
]

/** Is anything known of where IP packets are in frames of this link type? */
export function canMarkIp(linktype: number): boolean {
  return RAW.includes(linktype) || OTHERS.includes(linktype)
}

/** Offset of what follows the link header where that says IP; -1: it does not. */
function ipOffset(p: Packet, linktype: number): number {
  switch (linktype) {
    case ETHER:
      return behindEthernet(p)
    case NULL: // BSD loopback: address family in either byte order
    case LOOP:
      return p.end - p.off >= 4 ? p.off + 4 : -1
    case SLL: // Linux cooked: 14 bytes, then the ethertype
      return behindType(p, p.off + 14)
    case FDDI:
      return behindLlc(p, p.off + 13)
    case ATM:
      return behindLlc(p, p.off)
    case SUNATM:
      return behindLlc(p, p.off + 4)
    case IEEE_802_11:
      return behindLlc(p, p.off + 24)
    case HDLC:
      return behindType(p, p.off + 2)
    case PPP:
    case PPP_HDLC:
      return behindPpp(p)
    default:
      return RAW.includes(linktype) ? p.off : -1
  }
}

function behindEthernet(p: Packet): number {
  let at = p.off + 12
  for (let tags = 0; tags < 2 && p.mem[at] === 0x81 && p.mem[at + 1] === 0; tags++) at += 4
  const at8023 = p.mem[at]! < 6 ? behindLlc(p, at + 2) : -1
  return at8023 >= 0 ? at8023 : behindType(p, at)
}

/** LLC and SNAP: AA AA 03, an organization of zero, then the ethertype (RFC 1042). */
function behindLlc(p: Packet, at: number): number {
  const { mem } = p
  if (mem[at] !== 0xaa || mem[at + 1] !== 0xaa || mem[at + 2] !== 3) return -1
  return behindType(p, at + 6)
}

/** Address and control, which may be left out, then the protocol, of one byte or two (RFC 1661). */
function behindPpp(p: Packet): number {
  const { mem } = p
  let at = p.off
  if (mem[at] === 0xff && mem[at + 1] === 3) at += 2
  if (mem[at] === 0x21) return at + 1
  return mem[at] === 0 && mem[at + 1] === 0x21 ? at + 2 : -1
}

function behindType(p: Packet, at: number): number {
  return at + 2 <= p.end && p.mem[at] === 0x08 && p.mem[at + 1] === 0x00 ? at + 2 : -1
}
