// Finds the IP header of a captured frame by the file's link type (pcap-linktype(7)).

import type { Packet } from '../../dataplane/packet.ts'

/** Sets network and transport header of an IP packet; false: it is not one, or is cut short. */
export function markIp(p: Packet, linktype: number): boolean {
  const at = ipOffset(p, linktype)
  if (at < 0 || p.end - at < 20) return false
  const { mem } = p
  const version = mem[at]! >> 4
  const length = version === 6 ? 40 : (mem[at]! & 15) * 4
  if ((version !== 4 && version !== 6) || length < 20 || at + length > p.end) return false
  p.net = at
  p.transport = at + length
  if (version === 4)
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
const PRISM = 119
const SUNATM = 123
const RADIOTAP = 127
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
  PRISM,
  SUNATM,
  RADIOTAP,
]

/** Is anything known of where IP packets are in frames of this link type? */
export function canMarkIp(linktype: number): boolean {
  return isRaw(linktype) || OTHERS.includes(linktype)
}

/** Are the file's frames IP packets, without anything in front? */
export function isRaw(linktype: number): boolean {
  return RAW.includes(linktype)
}

/** Offset of what follows the link header where that says IP; -1: it does not. */
function ipOffset(p: Packet, linktype: number): number {
  const { mem, off } = p
  switch (linktype) {
    case ETHER:
      return mem[off + 12] === 0x81 && mem[off + 13] === 0
        ? behindType(p, off + 16)
        : behindType(p, off + 12)
    case NULL:
    case LOOP:
      return behindFamily(p)
    case SLL: // Linux cooked: 14 bytes, then the ethertype
      return behindType(p, off + 14)
    case FDDI: // frames with LLC have 5 in the upper half of their first byte
      return mem[off]! >> 4 === 5 ? behindLlc(p, off + 13) : -1
    case ATM:
      return behindLlc(p, off)
    case SUNATM:
      return behindLlc(p, off + 4)
    case IEEE_802_11:
      return behindWifi(p, off)
    case PRISM:
      return behindWifi(p, off + 144)
    case RADIOTAP: // its length is in its third and fourth byte
      return behindWifi(p, off + ((mem[off + 3]! << 8) | mem[off + 2]!))
    case HDLC:
      return behindType(p, off + 2)
    case PPP_HDLC:
      return mem[off] === 0xff ? behindPpp(p) : behindType(p, off + 2)
    case PPP:
      return behindPpp(p)
    default:
      return isRaw(linktype) ? off : -1
  }
}

/** BSD's address family in either byte order: 2 for IPv4, several for IPv6. */
function behindFamily(p: Packet): number {
  const { mem, off } = p
  if (p.end - off < 4) return -1
  const little = mem[off]! | (mem[off + 1]! << 8)
  const family = little === 0 ? (mem[off + 2]! << 8) | mem[off + 3]! : little
  return [2, 24, 28, 30].includes(family) ? off + 4 : -1
}

/** A data frame of IEEE 802.11; one between access points has a fourth address. */
function behindWifi(p: Packet, at: number): number {
  const { mem } = p
  if (at + 24 > p.end || (mem[at]! & 0x0c) !== 0x08) return -1
  return behindLlc(p, at + ((mem[at + 1]! & 3) === 3 ? 30 : 24))
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
  if (at + 2 > p.end) return -1
  if (isPppIp(mem[at]!)) return at + 1
  return mem[at] === 0 && isPppIp(mem[at + 1]!) ? at + 2 : -1
}

function isPppIp(protocol: number): boolean {
  return protocol === 0x21 || protocol === 0x57
}

/** Ethertype of IPv4 or IPv6. */
function behindType(p: Packet, at: number): number {
  const { mem } = p
  if (at + 2 > p.end) return -1
  const type = (mem[at]! << 8) | mem[at + 1]!
  return type === 0x0800 || type === 0x86dd ? at + 2 : -1
}
