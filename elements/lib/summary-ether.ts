// The Ethernet header of packets that are built from a summary dump.

import type { Packet } from '../../dataplane/packet.ts'

const ETHER = 14

/** Puts an Ethernet header in front: addresses zero, type IP. */
export function etherHeader(p: Packet): void {
  p.push(ETHER)
  p.mac = p.off
  p.net = p.mac + ETHER
  p.transport = p.net
  p.mem.fill(0, p.mac, p.mac + 12)
  p.mem[p.mac + 12] = 0x08
  p.mem[p.mac + 13] = 0x00
}
