// One-byte annotations by their offset. The paint annotation has a field of its own in a packet; the
// first four bytes are the destination address.

import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseAnnotation } from '../../lib/click/args.ts'

/** Offset of the paint annotation (packet_anno.hh). */
export const PAINT_OFFSET = 16
/** Offset of ICMP_PARAMPROB: the byte that an ICMP parameter problem points to. */
export const PARAM_PROBLEM_OFFSET = 17

/** Offset of an annotation that `arg.anno` accepted. */
export function annoOffset(text: string): number {
  return parseAnnotation(text)?.offset ?? PAINT_OFFSET
}

export function annoByte(p: Packet, offset: number): number {
  if (offset === PAINT_OFFSET) return p.paint
  if (offset < 4) return (p.dst >>> (24 - 8 * offset)) & 0xff
  return p.anno === null ? 0 : p.anno[offset]!
}

export function setAnnoByte(p: Packet, offset: number, value: number): void {
  if (offset === PAINT_OFFSET) {
    p.paint = value
    return
  }
  if (offset < 4) {
    const shift = 24 - 8 * offset
    p.dst = (p.dst & ~(0xff << shift)) | (value << shift)
    return
  }
  p.anno ??= new Uint8Array(ANNO_SIZE)
  p.anno[offset] = value
}
