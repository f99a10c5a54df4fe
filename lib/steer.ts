// Which bucket a frame belongs to: the parse in front of the hash of lib/steer-hash.ts.
//
// dataplane/xdp/steer.bpf.c decides the same for the xdp driver (test/bpf compares both), the
// dataplane computes it for every packet of a service port, and node-agent/steering/userspace.ts
// steers by it. So: no allocation, plain byte reads, int32; the result is one integer.
//
// What is hashed, in the default key `flow`:
//   TCP, UDP, SCTP      both addresses, both ports
//   ICMP echo (4 and 6) both addresses, the identifier as the one port
//   ICMP errors         what the quoted packet would be: the error goes where the flow lives
//   fragments           both addresses, ports as 0: every fragment of a datagram, the first as well
//   other IP            both addresses, ports as 0
// Key `addresses`: ports as 0. `src`, `dst`: that address alone; of a quoted packet the other one,
// since it went the other way. An IPv6 atomic fragment (RFC 6946) is whole and is taken as such.
//
// Not IP, and IPv6 neighbour discovery, which is what ARP is for IPv4: no bucket; see the codes.
// Lengths in the headers bound the parse as the frame's end does: padding is never read as ports.

import { hash4, hash6 } from './steer-hash.ts'

/** Names of the steering keys, as in a service file, with the numbers that the code passes on. */
export const STEER_KEYS = { flow: 0, addresses: 1, src: 2, dst: 3 } as const
export type SteerKeyName = keyof typeof STEER_KEYS
export type SteerKey = (typeof STEER_KEYS)[SteerKeyName]

/** No bucket: not IP, or a neighbour request. For the primary replica. */
export const STEER_NON_IP = -1
/** No bucket: an ARP reply or a neighbour advertisement. For every replica. */
export const STEER_ARP_REPLY = -2
/** No bucket: ends within the headers, or they contradict themselves. For the primary replica. */
export const STEER_TRUNCATED = -3
/** No bucket: the ethertype of fence frames (lib/fence.ts). From outside: for nobody. */
export const STEER_FENCE = -4

/** Kinds of steered frames, in bits 16.. of `steer`'s result: what the counters tell apart. */
export const KIND_SHIFT = 16
export const KIND_PLAIN = 0
export const KIND_FRAGMENT = 1
export const KIND_ICMP_ERROR = 2
export const KIND_OTHER = 3

/** VLAN tags that are skipped; a frame with more is not IP to us. */
const VLAN_TAGS_MAX = 2
/** IPv6 extension headers that are skipped; with more, the ports count as 0. */
const EXT_HEADERS_MAX = 6

const TCP = 6
const UDP = 17
const SCTP = 132
const ICMP = 1
const ICMP6 = 58

/** Bucket of the frame at mem[off..end), or one of the negative codes above. */
export function steerBucket(
  mem: Uint8Array,
  off: number,
  end: number,
  key: SteerKey,
  bucketsLog2: number,
): number {
  if (key === STEER_KEYS.flow && isPlain4(mem, off, end)) {
    const ip = off + 14
    const hash = hash4(u32(mem, ip + 12), u32(mem, ip + 16), u16(mem, ip + 20), u16(mem, ip + 22))
    return hash >>> (32 - bucketsLog2)
  }
  const r = steer(mem, off, end, key, bucketsLog2)
  return r < 0 ? r : r & 0xffff
}

/**
 * Most frames: IPv4 without VLAN tags and options, whole, with ports that are all there. What `steer`
 * would find out of them, in few tests.
 */
function isPlain4(mem: Uint8Array, off: number, end: number): boolean {
  if (end - off < 38 || mem[off + 12] !== 0x08 || mem[off + 13] !== 0) return false
  if (mem[off + 14] !== 0x45 || u16(mem, off + 16) < 24) return false
  if (((mem[off + 20]! & 0x3f) | mem[off + 21]!) !== 0) return false
  const protocol = mem[off + 23]!
  return protocol === TCP || protocol === UDP || protocol === SCTP
}

/** Bucket and kind (bucket | kind << KIND_SHIFT) of a frame, or one of the negative codes. */
export function steer(
  mem: Uint8Array,
  off: number,
  end: number,
  key: SteerKey,
  bucketsLog2: number,
): number {
  if (end - off < 14) return STEER_TRUNCATED
  let at = off + 14
  let type = u16(mem, off + 12)
  if (type === 0x88b5) return STEER_FENCE
  for (let tags = 0; tags < VLAN_TAGS_MAX && (type === 0x8100 || type === 0x88a8); tags++) {
    if (end - at < 4) return STEER_TRUNCATED
    type = u16(mem, at + 2)
    at += 4
  }
  if (type === 0x0800) return steer4(mem, at, end, key, bucketsLog2, false)
  if (type === 0x86dd) return steer6(mem, at, end, key, bucketsLog2, false)
  if (type !== 0x0806) return STEER_NON_IP
  if (end - at < 8) return STEER_TRUNCATED
  return u16(mem, at + 6) === 2 ? STEER_ARP_REPLY : STEER_NON_IP
}

/** @param quoted the packet is the one inside an ICMP error */
function steer4(
  mem: Uint8Array,
  ip: number,
  end: number,
  key: SteerKey,
  log2: number,
  quoted: boolean,
): number {
  if (end - ip < 20) return STEER_TRUNCATED
  const first = mem[ip]!
  const header = (first & 15) << 2
  if (first >>> 4 !== 4 || header < 20 || end - ip < header) return STEER_TRUNCATED
  // Stacks are known to change the length of a packet that they quote: there, the error bounds.
  if (!quoted) {
    const total = u16(mem, ip + 2)
    if (total < header) return STEER_TRUNCATED
    if (total < end - ip) end = ip + total
  }
  if ((u16(mem, ip + 6) & 0x3fff) !== 0) return result4(mem, ip, 0, key, log2, KIND_FRAGMENT)
  const l4 = ip + header
  const protocol = mem[ip + 9]!
  if (protocol === TCP || protocol === UDP || protocol === SCTP) {
    if (end - l4 < 4) return STEER_TRUNCATED
    return result4(mem, ip, u16(mem, l4) ^ u16(mem, l4 + 2), key, log2, KIND_PLAIN)
  }
  if (protocol !== ICMP) return result4(mem, ip, 0, key, log2, KIND_OTHER)
  if (end - l4 < 8) return STEER_TRUNCATED
  const type = mem[l4]!
  if (type === 8 || type === 0) return result4(mem, ip, u16(mem, l4 + 4), key, log2, KIND_PLAIN)
  if (quoted || !isError4(type)) return result4(mem, ip, 0, key, log2, KIND_OTHER)
  const r = steer4(mem, l4 + 8, end, reverse(key), log2, true)
  return r < 0 ? r : (r & 0xffff) | (KIND_ICMP_ERROR << KIND_SHIFT)
}

function steer6(
  mem: Uint8Array,
  ip: number,
  end: number,
  key: SteerKey,
  log2: number,
  quoted: boolean,
): number {
  if (end - ip < 40 || mem[ip]! >>> 4 !== 6) return STEER_TRUNCATED
  if (!quoted) {
    const total = 40 + u16(mem, ip + 4)
    if (total < end - ip) end = ip + total
  }
  let next = mem[ip + 6]!
  let at = ip + 40
  for (let headers = 0; headers < EXT_HEADERS_MAX; headers++) {
    if (next === 44) {
      if (end - at < 8) return STEER_TRUNCATED
      if ((u16(mem, at + 2) & 0xfff9) !== 0) return result6(mem, ip, 0, key, log2, KIND_FRAGMENT)
      next = mem[at]!
      at += 8
    } else if (next === 0 || next === 43 || next === 60) {
      if (end - at < 8) return STEER_TRUNCATED
      next = mem[at]!
      const length = (mem[at + 1]! + 1) << 3
      if (end - at < length) return STEER_TRUNCATED
      at += length
    } else break
  }
  if (next === TCP || next === UDP || next === SCTP) {
    if (end - at < 4) return STEER_TRUNCATED
    return result6(mem, ip, u16(mem, at) ^ u16(mem, at + 2), key, log2, KIND_PLAIN)
  }
  if (next !== ICMP6) return result6(mem, ip, 0, key, log2, KIND_OTHER)
  if (end - at < 8) return STEER_TRUNCATED
  return steerIcmp6(mem, ip, at, end, key, log2, quoted)
}

function steerIcmp6(
  mem: Uint8Array,
  ip: number,
  at: number,
  end: number,
  key: SteerKey,
  log2: number,
  quoted: boolean,
): number {
  const type = mem[at]!
  if (type === 128 || type === 129) {
    return result6(mem, ip, u16(mem, at + 4), key, log2, KIND_PLAIN)
  }
  if (quoted) return result6(mem, ip, 0, key, log2, KIND_OTHER)
  if (type === 136) return STEER_ARP_REPLY
  if (type >= 133 && type <= 137) return STEER_NON_IP
  if (type < 1 || type > 4) return result6(mem, ip, 0, key, log2, KIND_OTHER)
  const r = steer6(mem, at + 8, end, reverse(key), log2, true)
  return r < 0 ? r : (r & 0xffff) | (KIND_ICMP_ERROR << KIND_SHIFT)
}

/** Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792). */
function isError4(type: number): boolean {
  return type === 3 || type === 11 || type === 12 || type === 4 || type === 5
}

/** The key for a packet that went the other way. */
function reverse(key: SteerKey): SteerKey {
  if (key === STEER_KEYS.src) return STEER_KEYS.dst
  return key === STEER_KEYS.dst ? STEER_KEYS.src : key
}

function result4(
  mem: Uint8Array,
  ip: number,
  y: number,
  key: SteerKey,
  log2: number,
  kind: number,
): number {
  const src = key === STEER_KEYS.dst ? 0 : u32(mem, ip + 12)
  const dst = key === STEER_KEYS.src ? 0 : u32(mem, ip + 16)
  const hash = hash4(src, dst, key === STEER_KEYS.flow ? y : 0, 0)
  return (hash >>> (32 - log2)) | (kind << KIND_SHIFT)
}

function result6(
  mem: Uint8Array,
  ip: number,
  y: number,
  key: SteerKey,
  log2: number,
  kind: number,
): number {
  const src = key === STEER_KEYS.dst ? 0 : -1
  const dst = key === STEER_KEYS.src ? 0 : -1
  const a = ip + 8
  const b = ip + 24
  const hash = hash6(
    (u32(mem, a) & src) ^ (u32(mem, b) & dst),
    (u32(mem, a + 4) & src) ^ (u32(mem, b + 4) & dst),
    (u32(mem, a + 8) & src) ^ (u32(mem, b + 8) & dst),
    (u32(mem, a + 12) & src) ^ (u32(mem, b + 12) & dst),
    key === STEER_KEYS.flow ? y : 0,
  )
  return (hash >>> (32 - log2)) | (kind << KIND_SHIFT)
}

function u16(mem: Uint8Array, at: number): number {
  return (mem[at]! << 8) | mem[at + 1]!
}

function u32(mem: Uint8Array, at: number): number {
  return (mem[at]! << 24) | (mem[at + 1]! << 16) | (mem[at + 2]! << 8) | mem[at + 3]!
}
