// Finds the IP header of a captured frame by the file's link type.

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

/** Offset of what follows the link header where that says IP; -1: it does not. */
function ipOffset(p: Packet, linktype: number): number {
  switch (linktype) {
    case 1:
      return behindEthernet(p)
    case 0: // BSD loopback: address family in either byte order
    case 108:
      return p.end - p.off >= 4 ? p.off + 4 : -1
    case 113: // Linux cooked: 14 bytes, then the ethertype
      return isIp(p, p.off + 14) ? p.off + 16 : -1
    case 12:
    case 14:
    case 101:
    case 228:
      return p.off
    default:
      return -1
  }
}

function behindEthernet(p: Packet): number {
  let at = p.off + 12
  for (let tags = 0; tags < 2 && p.mem[at] === 0x81 && p.mem[at + 1] === 0; tags++) at += 4
  return isIp(p, at) ? at + 2 : -1
}

function isIp(p: Packet, at: number): boolean {
  return at + 2 <= p.end && p.mem[at] === 0x08 && p.mem[at + 1] === 0x00
}
