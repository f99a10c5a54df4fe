// What ToIPSummaryDump knows of a packet before it writes its fields: which headers there are, and
// what is wrong with them. One object an element; filled in for each packet.

import type { Packet } from '../../dataplane/packet.ts'
import { extraLength, setExtraLength } from './anno-words.ts'

const TCP = 6
const UDP = 17
const ICMP = 1

export class Headers {
  /** Whether lengths are to include the extra length annotation. */
  readonly countsExtra: boolean
  p: Packet | null = null
  mem: Uint8Array = new Uint8Array(0)
  /** Offset of each header in `mem`; -1: there is none. */
  ip = -1
  transport = -1
  tcp = -1
  udp = -1
  icmp = -1
  proto = -1
  /** What the IP header says. */
  ipLength = 0
  headerLength = 0
  /** Captured bytes end here, without what pads a short IP packet in its frame. */
  end = 0
  first = false
  /** The first thing that is wrong with the packet; '': nothing is. */
  bad = ''

  constructor(countsExtra: boolean) {
    this.countsExtra = countsExtra
  }
}

/**
 * @param careful also says where bytes of the IP packet are missing
 *
 * What an IP packet's header and its capture say of lengths is brought together: the extra length
 * annotation is of no more use, and goes.
 */
export function findHeaders(h: Headers, p: Packet, careful: boolean): void {
  const { mem, net } = p
  h.p = p
  h.mem = mem
  h.end = p.end
  h.bad = ''
  h.ip = -1
  h.transport = -1
  h.tcp = -1
  h.udp = -1
  h.icmp = -1
  h.proto = -1
  if (net < 0) return
  const captured = p.end - net
  if (captured < 4) h.bad = 'truncated IP header'
  else if (mem[net]! >> 4 !== 4) h.bad = `IP version ${mem[net]! >> 4}`
  else if ((mem[net]! & 15) < 5) h.bad = `IP header length ${mem[net]! & 15}`
  else findIp(h, p, careful)
  if (h.ip >= 0) findTransport(h)
}

function findIp(h: Headers, p: Packet, careful: boolean): void {
  const { mem, net } = p
  const length = (mem[net + 2]! << 8) | mem[net + 3]!
  h.headerLength = (mem[net]! & 15) * 4
  if (length < h.headerLength) {
    h.bad = `IP length ${length}`
    return
  }
  h.ip = net
  h.ipLength = length
  const captured = p.end - net
  const extra = extraLength(p)
  if (captured > length) h.end = net + length
  else if (careful && captured + extra < length)
    h.bad = `truncated IP missing ${length - captured - extra}`
  // The longest length that a header can say may be less than what there is.
  const beyond = length === 0xffff ? Math.max(0, captured + extra - length) : 0
  if (extra > 0) setExtraLength(p, beyond)
}

function findTransport(h: Headers): void {
  const { mem, ip } = h
  const captured = h.end - ip
  // What is cut off the end of a packet is still there for a look.
  h.first = (mem[ip + 6]! & 0x1f) === 0 && mem[ip + 7] === 0
  h.proto = mem[ip + 9]!
  h.transport = ip + h.headerLength
  if (captured <= h.headerLength || !h.first) return
  if (h.proto === TCP) {
    const words = mem[h.transport + 12]! >> 4
    if (h.end - h.transport <= 12 || words >= 5) h.tcp = h.transport
    else if (h.bad === '') h.bad = `TCP header length ${words}`
  } else if (h.proto === UDP) h.udp = h.transport
  else if (h.proto === ICMP) h.icmp = h.transport
}

const NAMES: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 256: 'TCP/UDP' }
/** TCP or UDP. */
export const PORTS = 256
export const IP = 0
export const ETHERNET = 260

/** A field of `length` bytes of a header is not there: says why, if that is wrong with the packet. */
export function missing(h: Headers, what: number, length: number): null {
  if (h.bad === '') h.bad = wordsFor(h, what, length)
  return null
}

function wordsFor(h: Headers, what: number, length: number): string {
  if (what === ETHERNET) return 'Ethernet header'
  if (h.ip < 0) return 'no IP header'
  if (what === IP) return 'truncated IP header capture'
  const fits = what === PORTS ? h.proto === TCP || h.proto === UDP : h.proto === what
  if (h.end - h.ip > 9 && !fits) return '' // of another protocol: nothing is wrong
  const name = NAMES[what]
  if (!h.first) return `fragmented ${name} header`
  const whole = h.end - h.transport + extraLength(h.p!)
  return `truncated ${name} header${whole >= length ? ' capture' : ''}`
}
