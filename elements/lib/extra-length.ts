// The extra length annotation: bytes that a packet had and that are not in it any more.

import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'

/** Offset of EXTRA_LENGTH (packet_anno.hh), 32 bits. */
const OFFSET = 28

export function extraLength(p: Packet): number {
  const a = p.anno
  if (a === null) return 0
  const high = (a[OFFSET]! << 24) | (a[OFFSET + 1]! << 16)
  return (high | (a[OFFSET + 2]! << 8) | a[OFFSET + 3]!) >>> 0
}

export function setExtraLength(p: Packet, length: number): void {
  if (length === 0 && p.anno === null) return
  p.anno ??= new Uint8Array(ANNO_SIZE)
  p.anno[OFFSET] = length >>> 24
  p.anno[OFFSET + 1] = length >>> 16
  p.anno[OFFSET + 2] = length >>> 8
  p.anno[OFFSET + 3] = length
}
