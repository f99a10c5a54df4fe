// Annotations of several bytes by their offset: Ethernet and IPv6 addresses. The destination
// address and the paint annotation are fields of a packet, so their bytes are taken from there.

import type { ErrorContext } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseAnnotation } from '../../lib/click/args.ts'
import { PAINT_OFFSET } from './anno.ts'

/** Offset of an annotation with room for `size` bytes; a mistake goes to the context. */
export function annoOf(text: string, size: number, context: ErrorContext): number {
  const anno = parseAnnotation(text)
  if (anno !== null && anno.offset + size <= ANNO_SIZE && (anno.size === 0 || anno.size >= size))
    return anno.offset
  context.error(`ANNO: '${text}' is not an annotation of ${size} bytes`)
  return 0
}

/** Copies bytes of `from` into the annotation. */
export function setAnnoBytes(
  p: Packet,
  offset: number,
  size: number,
  from: Uint8Array,
  at: number,
): void {
  p.anno ??= new Uint8Array(ANNO_SIZE)
  const a = p.anno
  for (let i = 0; i < size; i++) {
    const o = offset + i
    const byte = from[at + i]!
    if (o < 4) {
      const shift = 24 - 8 * o
      p.dst = (p.dst & ~(0xff << shift)) | (byte << shift)
    } else if (o === PAINT_OFFSET) p.paint = byte
    else a[o] = byte
  }
}

/** Copies the annotation into `into`. */
export function annoBytes(
  p: Packet,
  offset: number,
  size: number,
  into: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < size; i++) {
    const o = offset + i
    if (o < 4) into[at + i] = p.dst >>> (24 - 8 * o)
    else if (o === PAINT_OFFSET) into[at + i] = p.paint
    else into[at + i] = p.anno === null ? 0 : p.anno[o]!
  }
}
