// Packets for tests, from text.

import type { Packet, Pool } from '../../../dataplane/packet.ts'

export function packetsOf(pool: Pool, texts: readonly string[]): Packet[] {
  return texts.map((text) => {
    const bytes = Buffer.from(text)
    const p = pool.allocLength(bytes.length)!
    p.mem.set(bytes, p.off)
    return p
  })
}

export function textOf(p: Packet): string {
  return Buffer.from(p.mem.subarray(p.off, p.end)).toString()
}
