// Handlers for Ethernet addresses in an element's bytes, and the offset of one in packets.

import type { ErrorContext } from '../../dataplane/element.ts'
import { parseEth, parseU32 } from '../../lib/click/args.ts'
import { etherText } from './text.ts'

/** Reads and writes the address at `at` of an element's bytes. */
export function etherHandler<Me>(bytes: (self: Me) => Uint8Array, at: number) {
  return {
    read: (self: Me) => etherText(bytes(self), at),
    write(self: Me, value: string) {
      const eth = parseEth(value.trim())
      if (eth === null) throw new Error(`'${value}' is not an Ethernet address`)
      bytes(self).set(eth, at)
    },
  }
}

/** 'src', 'dst', or a number. */
export function etherOffset(text: string, context: ErrorContext): number {
  const word = text.toLowerCase()
  if (word === 'src') return 6
  if (word === 'dst') return 0
  const offset = parseU32(text)
  if (offset === null || offset + 6 > 0xffffffff) context.error('type mismatch: bad OFFSET')
  return offset ?? 0
}
