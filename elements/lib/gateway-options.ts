// IP options that every router on the way processes: Record Route and Timestamp (RFC 791, RFC 1812
// 5.3.12). Both have a pointer, from 1, to where the next entry goes:
//
//   | 7  | length | pointer |  address …
//   | 68 | length | pointer | overflow, flag |  [address] time …

import { writeIp } from './arp.ts'
import { setIpChecksum } from './checksum.ts'
import { headerLength, IP_HEADER } from './ip-header.ts'

const END = 0
const NOP = 1
const RECORD_ROUTE = 7
const TIMESTAMP = 68
const OVERFLOW_MAX = 15
const DAY_MS = 86_400_000

/** `gatewayOptions` returns this where nothing is wrong. */
export const OPTIONS_RIGHT = -1

/** The router that processes the options. */
export interface Gateway {
  /** Its address on the interface that packets leave by. */
  readonly addr: number
  /** All of its addresses, for timestamps of named routers. */
  readonly addrs: Int32Array
}

/**
 * Processes the options of the header at `n`; where nothing is wrong with them, the checksum
 * follows (a header that goes back in an ICMP error keeps its own). Returns the
 * offset in the header of what is wrong, or OPTIONS_RIGHT.
 */
export function gatewayOptions(
  m: Uint8Array,
  n: number,
  end: number,
  gateway: Gateway,
  nowUs: number,
): number {
  const hl = headerLength(m, n)
  if (hl <= IP_HEADER || n + hl > end) return OPTIONS_RIGHT
  let problem = OPTIONS_RIGHT
  let ours = false
  for (let at = IP_HEADER; at < hl && problem < 0; ) {
    const type = m[n + at]!
    if (type === END) break
    if (type === NOP) {
      at++
      continue
    }
    const length = at + 1 < hl ? m[n + at + 1]! : 0
    if (length < 2 || at + length > hl) problem = at + 1
    else if (type === RECORD_ROUTE) problem = recordRoute(m, n, at, length, gateway)
    else if (type === TIMESTAMP) problem = timestamp(m, n, at, length, gateway, nowUs)
    ours = ours || type === RECORD_ROUTE || type === TIMESTAMP
    at += length
  }
  if (ours && problem < 0) setIpChecksum(m, n)
  return problem
}

function recordRoute(
  m: Uint8Array,
  n: number,
  at: number,
  length: number,
  { addr }: Gateway,
): number {
  if (length < 3) return at + 2
  const entry = m[n + at + 2]! - 1
  if (entry >= 3 && entry + 4 <= length) {
    writeIp(m, n + at + entry, addr)
    m[n + at + 2] = entry + 5
    return OPTIONS_RIGHT
  }
  // A list that is full stays as it is.
  return entry === length ? OPTIONS_RIGHT : at + 2
}

function timestamp(
  m: Uint8Array,
  n: number,
  at: number,
  length: number,
  { addr, addrs }: Gateway,
  nowUs: number,
): number {
  if (length < 4) return at + 2
  const entry = m[n + at + 2]! - 1
  const overflow = m[n + at + 3]! >> 4
  const flag = m[n + at + 3]! & 15
  const ms = Math.floor(nowUs / 1000) % DAY_MS
  if (entry < 4) return at + 2
  const size = flag === 0 ? 4 : 8
  const fits = entry + size <= length
  if (flag === 0 || flag === 1) {
    if (!fits) {
      if (overflow === OVERFLOW_MAX) return at + 3
      m[n + at + 3] = ((overflow + 1) << 4) | flag
      return OPTIONS_RIGHT
    }
    if (flag === 1) writeIp(m, n + at + entry, addr)
    writeIp(m, n + at + entry + size - 4, ms)
    m[n + at + 2] = entry + 1 + size
    return OPTIONS_RIGHT
  }
  if (flag !== 3 || !fits) return at + 3
  // The sender names the routers that are to write their time.
  const o = n + at + entry
  const named = (m[o]! << 24) | (m[o + 1]! << 16) | (m[o + 2]! << 8) | m[o + 3]!
  if (addrs.includes(named)) {
    writeIp(m, o + 4, ms)
    m[n + at + 2] = entry + 9
  }
  return OPTIONS_RIGHT
}
