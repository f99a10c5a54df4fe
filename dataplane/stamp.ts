// Annotations that a packet from a device has: port, time, link header, packet type.

import type { Packet } from './packet.ts'

export function stamp(p: Packet, index: number, nowUs: number): void {
  p.port = index
  p.mac = p.off
  if (p.timeUs === 0) p.timeUs = nowUs
  if ((p.mem[p.off]! & 1) === 1) p.type = isBroadcast(p) ? 1 : 2
}

function isBroadcast(p: Packet): boolean {
  for (let i = 0; i < 6; i++) if (p.mem[p.off + i] !== 0xff) return false
  return true
}
