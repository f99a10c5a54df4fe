// Packet annotations by name. Offsets and sizes are those of Click's packet_anno.hh, so that
// configurations that name an offset mean the same bytes.

/** Bytes of the annotation area (dataplane/packet.ts has the same number). */
export const ANNO_BYTES = 48

export interface Annotation {
  readonly offset: number
  /** Bytes; 0: not said. */
  readonly size: number
}

const NAMES: Readonly<Record<string, readonly [offset: number, size: number]>> = {
  DST_IP: [0, 4],
  DST_IP6: [0, 16],
  WIFI_EXTRA: [16, 24],
  PAINT: [16, 1],
  ICMP_PARAMPROB: [17, 1],
  FIX_IP_SRC: [19, 1],
  VLAN: [20, 2],
  VLAN_TCI: [20, 2],
  AGGREGATE: [20, 4],
  FWD_RATE: [20, 4],
  MISC_IP: [20, 4],
  EXTRA_PACKETS: [24, 4],
  REV_RATE: [24, 4],
  SEND_ERR: [26, 1],
  GRID_ROUTE_CB: [27, 1],
  IPREASSEMBLER: [28, 4],
  EXTRA_LENGTH: [28, 4],
  FIRST_TIMESTAMP: [32, 8],
  PACKET_NUMBER: [32, 4],
  IPSEC_SPI: [32, 4],
  SEQUENCE_NUMBER: [36, 4],
  IPSEC_SA_DATA_REFERENCE: [36, 4],
  PERFCTR: [40, 8],
}

/** What AnnotationInfo made of a name: '=20/4'. */
const DEFINED = /^=(\d+)\/(\d+)$/

/** An annotation by name or offset ('PAINT', '20'), or null. */
export function parseAnnotation(text: string): Annotation | null {
  const named = Object.hasOwn(NAMES, text) ? NAMES[text]! : null
  if (named !== null) return { offset: named[0], size: named[1] }
  const defined = DEFINED.exec(text)
  if (defined !== null) return { offset: Number(defined[1]), size: Number(defined[2]) }
  if (!/^\d{1,2}$/.test(text)) return null
  const offset = Number(text)
  return offset < ANNO_BYTES ? { offset, size: 0 } : null
}
