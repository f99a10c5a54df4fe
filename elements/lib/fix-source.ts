// The FIX_IP_SRC annotation: the packet wants its source address from the interface it leaves by.

import type { Packet } from '../../dataplane/packet.ts'
import { writeIp } from './arp.ts'
import { setIpChecksum } from './checksum.ts'
import { hasIp, headerLength } from './ip-header.ts'

/** Offset of FIX_IP_SRC (packet_anno.hh). */
const OFFSET = 19

export function wantsSource(p: Packet): boolean {
  return p.anno !== null && p.anno[OFFSET] !== 0 && hasIp(p)
}

/** Sets the source address of a packet that `wantsSource`. */
export function fixSource(p: Packet, addr: number): void {
  p.anno![OFFSET] = 0
  writeIp(p.mem, p.net + 12, addr)
  // A header that says that it goes past the packet's end has no checksum.
  if (p.net + headerLength(p.mem, p.net) <= p.end) setIpChecksum(p.mem, p.net)
}
