// Annotations that hold an IPv4 address. The destination address has a field of the packet; others
// are bytes of its annotation area.

import type { ErrorContext } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseAnnotation } from '../../lib/click/args.ts'
import { readIp, writeIp } from './arp.ts'

/** Offset of an annotation of four bytes; 0 is the destination address. */
export function addressAnno(text: string, context: ErrorContext): number {
  const anno = parseAnnotation(text)
  if (anno === null || anno.offset + 4 > ANNO_SIZE || (anno.size !== 0 && anno.size < 4)) {
    context.error(`ANNO: '${text}' has no room for an IP address`)
    return 0
  }
  return anno.offset
}

export function setAddressAnno(p: Packet, offset: number, addr: number): void {
  // Made once a frame, when it is first needed.
  p.anno ??= new Uint8Array(ANNO_SIZE)
  writeIp(p.anno, offset, addr)
}

export function addressOf(p: Packet, offset: number): number {
  if (offset === 0) return p.dst
  return p.anno === null ? 0 : readIp(p.anno, offset)
}
