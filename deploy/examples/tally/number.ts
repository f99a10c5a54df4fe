// Writes a number into the last four bytes of a packet: what a receiver checks the state by.

import type { Packet } from '../../../dataplane/packet.ts'

export function stamp(p: Packet, number: number): void {
  const at = p.end - 4
  p.mem[at] = number >>> 24
  p.mem[at + 1] = number >>> 16
  p.mem[at + 2] = number >>> 8
  p.mem[at + 3] = number
}
