// VLAN tags (IEEE 802.1Q): the VLAN_TCI annotation, and how elements are told a tag.

import { arg, type ConfigureContext } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseInteger, parseU16 } from '../../lib/click/args.ts'

/** EtherType of a customer tag. */
export const TAGGED = 0x8100
/** Bits of a tag's control information that are the VLAN's number. */
export const VLAN_ID_MASK = 0xfff

/** Offset of VLAN_TCI (packet_anno.hh), 16 bits, network order. */
const OFFSET = 20

export function vlanTci(p: Packet): number {
  const a = p.anno
  return a === null ? 0 : (a[OFFSET]! << 8) | a[OFFSET + 1]!
}

export function setVlanTci(p: Packet, tci: number): void {
  if (tci === 0 && p.anno === null) return
  p.anno ??= new Uint8Array(ANNO_SIZE)
  p.anno[OFFSET] = tci >>> 8
  p.anno[OFFSET + 1] = tci
}

/** Keywords of elements that write a tag. */
export const tagConfig = {
  VLAN_TCI: arg.text('').at(),
  VLAN_PCP: arg.int(0).at(),
  VLAN_ID: arg.int(0),
}

/** A tag as configured, which handlers may change. */
export interface Tag {
  /** The tag is that of the packet's annotation. */
  useAnno: boolean
  tci: number
  /** The VLAN whose packets get no tag; -1: none. */
  native: number
}

interface TagConfig {
  readonly VLAN_TCI: string
  readonly VLAN_PCP: number
  readonly VLAN_ID: number
}

/** Reads the tag's keywords; mistakes go to the context. */
export function tagOf(config: TagConfig, native: number, context: ConfigureContext | null): Tag {
  const { VLAN_TCI, VLAN_PCP, VLAN_ID } = config
  const useAnno = VLAN_TCI === 'ANNO'
  const whole = useAnno || VLAN_TCI === '' ? null : parseU16(VLAN_TCI)
  if (context !== null) {
    if (!useAnno && VLAN_TCI !== '' && whole === null) {
      const number = parseInteger(VLAN_TCI)
      if (number === null) context.error(`VLAN_TCI: parse error: '${VLAN_TCI}' is not an integer`)
      else context.error(`VLAN_TCI: out of range, bound ${number < 0 ? 0 : 0xffff}`)
    }
    inRange('VLAN_PCP', VLAN_PCP, 0, 7, context)
    inRange('VLAN_ID', VLAN_ID, 0, VLAN_ID_MASK, context)
    inRange('NATIVE_VLAN', native, -1, VLAN_ID_MASK, context)
  }
  return { useAnno, tci: (whole ?? VLAN_ID) | (VLAN_PCP << 13), native }
}

function inRange(
  keyword: string,
  value: number,
  low: number,
  high: number,
  context: ConfigureContext,
): void {
  if (value < low || value > high)
    context.error(`${keyword}: out of range, bound ${value < low ? low : high}`)
}

/** The tag that a packet gets; -1: none, it is of the native VLAN. */
export function tagFor(tag: Tag, p: Packet): number {
  const tci = tag.useAnno ? vlanTci(p) : tag.tci
  return (tci & VLAN_ID_MASK) === tag.native ? -1 : tci
}

function number(value: string, low: number, high: number): number {
  const n = parseInteger(value.trim())
  if (n === null) throw new Error(`parse error: '${value}' is not an integer`)
  if (n < low || n > high) throw new Error(`out of range, bound ${n < low ? low : high}`)
  return n
}

/** Handlers of elements whose resource has a tag. @param anno may the tag be the annotation's? */
export function tagHandlers<Me>(tag: (self: Me) => Tag, anno: boolean) {
  return {
    vlan_tci: {
      read: (self: Me) => (tag(self).useAnno ? 'ANNO' : String(tag(self).tci)),
      write(self: Me, value: string) {
        const useAnno = anno && value.trim() === 'ANNO'
        if (!useAnno) tag(self).tci = number(value, 0, 0xffff)
        tag(self).useAnno = useAnno
      },
    },
    vlan_id: {
      read: (self: Me) => String(tag(self).tci & VLAN_ID_MASK),
      write(self: Me, value: string) {
        const id = number(value, 0, VLAN_ID_MASK)
        tag(self).tci = (tag(self).tci & ~VLAN_ID_MASK) | id
        tag(self).useAnno = false
      },
    },
    vlan_pcp: {
      read: (self: Me) => String((tag(self).tci >> 13) & 7),
      write(self: Me, value: string) {
        const pcp = number(value, 0, 7)
        tag(self).tci = (tag(self).tci & 0x1fff) | (pcp << 13)
      },
    },
  }
}

export function nativeHandler<Me>(tag: (self: Me) => Tag) {
  return {
    read: (self: Me) => String(tag(self).native),
    write(self: Me, value: string) {
      tag(self).native = number(value, -1, VLAN_ID_MASK)
    },
  }
}
