// Translation between IPv4 and IPv6 packets (SIIT, RFC 2765): ICMP types, codes and pointers.

export interface IcmpHead {
  readonly type: number
  readonly code: number
  /** The word behind the checksum. */
  readonly rest: number
}

/** Codes of 'unreachable', by that of the other protocol. */
const UNREACHABLE_46: Readonly<Record<number, number>> = { 3: 4, 5: 2, 9: 1, 10: 1 }
const UNREACHABLE_64: Readonly<Record<number, number>> = { 0: 0, 1: 10, 2: 5, 3: 1, 4: 3 }
/** Bytes of the header that a parameter problem points to. */
const POINTER_46: Readonly<Record<number, number>> = { 0: 0, 2: 4, 8: 7, 9: 6, 12: 8, 16: 24 }
const POINTER_64: Readonly<Record<number, number>> = { 0: 0, 4: 2, 7: 8, 6: 9, 8: 12 }

/** What an ICMP message becomes; null: nothing, it is dropped. @param word the one behind the checksum */
export function icmp4to6(type: number, code: number, word: number): IcmpHead | null {
  switch (type) {
    case 8:
      return { type: 128, code: 0, rest: word }
    case 0:
      return { type: 129, code: 0, rest: word }
    case 3: {
      // An unknown protocol is a problem with the next header field.
      if (code === 2) return { type: 4, code: 1, rest: 6 }
      const mtu = word & 0xffff
      if (code === 4) return { type: 2, code: 0, rest: mtu === 0 ? 0 : mtu + 20 }
      return { type: 1, code: UNREACHABLE_46[code] ?? 0, rest: 0 }
    }
    case 11:
      return { type: 3, code, rest: 0 }
    case 12:
      return { type: 4, code: 0, rest: POINTER_46[word >>> 24] ?? -1 }
    default:
      return null
  }
}

export function icmp6to4(type: number, code: number, word: number): IcmpHead | null {
  switch (type) {
    case 128:
      return { type: 8, code: 0, rest: word }
    case 129:
      return { type: 0, code: 0, rest: word }
    case 1:
      return { type: 3, code: UNREACHABLE_64[code] ?? 0, rest: 0 }
    case 2:
      return { type: 3, code: 4, rest: Math.max(0, Math.min(0xffff, (word >>> 0) - 20)) }
    case 3:
      return { type: 11, code, rest: 0 }
    case 4:
      if (code === 1) return { type: 3, code: 2, rest: 0 }
      if (code > 2) return null
      return { type: 12, code: 0, rest: (code === 2 ? 0xff : (POINTER_64[word] ?? 0xff)) << 24 }
    default:
      return null
  }
}
