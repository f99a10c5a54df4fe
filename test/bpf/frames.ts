// Frames for tests, put together layer by layer: eth(ip4({...}, udp(1000, 53))). Each function
// wraps the bytes of the layer inside. Lengths are right unless a field overrides them; checksums
// are 0, since steering does not read them.

export type Bytes = Uint8Array

export function bytes(...parts: (number | readonly number[] | Bytes)[]): Bytes {
  return Uint8Array.from(parts.flatMap((p) => (typeof p === 'number' ? [p] : [...p])))
}

const be16 = (n: number): number[] => [(n >>> 8) & 255, n & 255]
const be32 = (n: number): number[] => [...be16(n >>> 16), ...be16(n & 0xffff)]

const IP4 = 0x0800
const IP6 = 0x86dd

/** An Ethernet frame; the type follows from the payload's IP version unless it is given. */
export function eth(payload: Bytes, type?: number): Bytes {
  const inner = type ?? ((payload[0] ?? 0) >>> 4 === 6 ? IP6 : IP4)
  return bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], be16(inner), payload)
}

/** A tag in front of what the frame holds. */
export function vlan(id: number, frame: Bytes, tpid = 0x8100): Bytes {
  return bytes(frame.subarray(0, 12), be16(tpid), be16(id), frame.subarray(12))
}

export interface Ip4 {
  readonly src?: number
  readonly dst?: number
  readonly protocol?: number
  /** Flags and offset as in the header: 0x2000 more fragments, then units of 8 bytes. */
  readonly fragment?: number
  /** A multiple of 4 bytes. */
  readonly options?: Bytes
  readonly length?: number
  readonly version?: number
  readonly ihl?: number
}

export const A = 0x0a000001 // 10.0.0.1
export const B = 0xc0a80102 | 0 // 192.168.1.2

export function ip4(h: Ip4, payload: Bytes): Bytes {
  const options = h.options ?? bytes()
  const ihl = h.ihl ?? 5 + options.length / 4
  const length = h.length ?? 20 + options.length + payload.length
  return bytes(
    ...[((h.version ?? 4) << 4) | ihl, 0, be16(length), be16(7), be16(h.fragment ?? 0)],
    ...[64, h.protocol ?? 17, 0, 0, be32(h.src ?? A), be32(h.dst ?? B), options, payload],
  )
}

export interface Ip6 {
  readonly src?: readonly number[]
  readonly dst?: readonly number[]
  readonly next?: number
  readonly length?: number
  readonly version?: number
}

export const A6 = [0x20010db8, 1, 2, 3]
export const B6 = [0x20010db8, 0xffff0000, 0, 9]

export function ip6(h: Ip6, payload: Bytes): Bytes {
  return bytes(
    ...[(h.version ?? 6) << 4, 0, 0, 0, be16(h.length ?? payload.length), h.next ?? 17, 64],
    ...[(h.src ?? A6).flatMap(be32), (h.dst ?? B6).flatMap(be32), payload],
  )
}

/** An extension header of 8 + 8 * units bytes in front of a payload. */
export function ext(next: number, units: number, payload: Bytes): Bytes {
  return bytes(next, units, new Array<number>(6 + 8 * units).fill(0), payload)
}

export function ext6Fragment(next: number, field: number, payload: Bytes): Bytes {
  return bytes(next, 0, be16(field), be32(99), payload)
}

export function udp(sport: number, dport: number, data: Bytes = bytes(1, 2, 3, 4)): Bytes {
  return bytes(be16(sport), be16(dport), be16(8 + data.length), 0, 0, data)
}

export function tcp(sport: number, dport: number): Bytes {
  return bytes(be16(sport), be16(dport), be32(1), be32(2), 0x50, 0x10, be16(1000), be32(0))
}

/** ICMP of either version; the rest of its header is identifier and sequence. */
export function icmp(type: number, id = 0, payload: Bytes = bytes()): Bytes {
  return bytes(type, 0, 0, 0, be16(id), be16(1), payload)
}

export function arp(op: number): Bytes {
  return bytes(be16(1), be16(0x0800), 6, 4, be16(op), new Array<number>(20).fill(7))
}
