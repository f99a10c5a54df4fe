// A packet while it is built from the fields of a summary dump.
//
// Headers come into being when a field needs them, each with its defaults, so the packet is as
// long as what was said of it. Where a length and a payload were given and headers and payload do
// not come to that length, the headers are filled up with padding options.

import { Packet } from '../../dataplane/packet.ts'
import { SUMMARY_PACKET_BYTES } from '../../lib/limits.ts'
import { setExtraLength } from './anno-words.ts'
import { readIp, writeIp } from './arp.ts'
import { checksum as checksumOf, setIpChecksum } from './checksum.ts'
import { etherHeader } from './summary-ether.ts'
import { transportChecksum } from './transport-checksum.ts'

export const TCP = 6
export const UDP = 17
export const ICMP = 1
export const UDPLITE = 136
export const DCCP = 33

const HEADROOM = 256
const IP_HEADER = 20
const TCP_HEADER = 20
const HEADER_MAX = 60
/** Behind the packet so much is zeroed too: fields may have been written to headers cut short. */
const SLACK = 128

/** Addresses and ports of packets that have none of their own. */
export interface Flow {
  readonly src: number
  readonly dst: number
  readonly sport: number
  readonly dport: number
}

/** Bytes of a transport header when it is made; 0: none is known. */
function transportBytes(proto: number): number {
  if (proto === TCP) return TCP_HEADER
  if (proto === DCCP) return 12
  return proto === UDP || proto === UDPLITE || proto === ICMP ? 8 : 0
}

export class Draft {
  readonly p: Packet
  readonly #mem = new Uint8Array(HEADROOM + SUMMARY_PACKET_BYTES + SLACK)
  /** Bytes that the packet is to have, those included that are not there; 0: nothing was said. */
  wantLength = 0
  isIp = true
  hasIpLength = false
  hasTcpLength = false
  hasIcmpType = false
  hasIcmpCode = false
  proto = TCP
  flow: Flow | null = null

  constructor() {
    this.p = new Packet(this.#mem, 0, HEADROOM + SUMMARY_PACKET_BYTES, -1)
    this.p.off = HEADROOM
    this.p.end = HEADROOM
  }

  /** An empty packet. */
  begin(proto: number, flow: Flow | null): void {
    const { p } = this
    p.mem.fill(0, Math.min(p.off, HEADROOM), Math.min(p.end + SLACK, p.mem.length))
    p.reset()
    p.off = HEADROOM
    p.end = HEADROOM
    this.wantLength = 0
    this.isIp = true
    this.hasIpLength = false
    this.hasTcpLength = false
    this.hasIcmpType = false
    this.hasIcmpCode = false
    this.proto = proto
    this.flow = flow
  }

  /** Appends n zeroes; false: the packet would be too long. */
  grow(n: number): boolean {
    if (this.p.end + n > this.p.limit) return false
    this.p.end += n
    return true
  }

  /** Bytes from the transport header on. */
  get transportLength(): number {
    return this.p.end - this.p.transport
  }

  /** Bytes that the IP header says it has. */
  get ipHeaderLength(): number {
    return (this.p.mem[this.p.net]! & 15) * 4
  }

  get ipProto(): number {
    return this.p.mem[this.p.net + 9]!
  }

  get isFirstFragment(): boolean {
    const { mem, net } = this.p
    return (mem[net + 6]! & 0x1f) === 0 && mem[net + 7] === 0
  }

  get hasIp(): boolean {
    return this.isIp && this.p.net >= 0 && this.p.end - this.p.net >= IP_HEADER
  }

  /** Has an Ethernet header; its type says IP at first. */
  needEther(): void {
    if (this.p.mac < 0) etherHeader(this.p)
  }

  /** Has an IP header. False: it is no IP packet, or one of another protocol than `proto` (not 0). */
  needIp(proto: number): boolean {
    const { p } = this
    if (!this.isIp) return false
    if (!this.hasIp) {
      if (p.net < 0) p.net = p.off
      p.transport = p.net + IP_HEADER
      if (p.end < p.transport) this.grow(p.transport - p.end)
      p.mem[p.net] = 0x45
      p.mem[p.net + 8] = 100
      p.mem[p.net + 9] = this.proto
      if (this.flow !== null) {
        writeIp(p.mem, p.net + 12, this.flow.src)
        writeIp(p.mem, p.net + 16, this.flow.dst)
      }
    }
    return proto === 0 || this.ipProto === 0 || this.ipProto === proto
  }

  /** Has the transport header of its protocol, no longer than the wanted length allows. */
  needTransport(): boolean {
    const { p } = this
    if (!this.isFirstFragment) return false
    if (this.transportLength >= 8) return true
    const full = transportBytes(this.ipProto)
    if (full === 0) return true
    const room = this.wantLength - (p.transport - p.off)
    const length = this.wantLength > 0 && room < full ? room : full
    if (this.transportLength >= length) return true
    if (!this.grow(length - this.transportLength)) return false
    if (this.ipProto === TCP && length >= 13) p.mem[p.transport + 12] = (TCP_HEADER / 4) << 4
    if (this.flow === null) return true
    writeShort(p.mem, p.transport, this.flow.sport)
    writeShort(p.mem, p.transport + 2, this.flow.dport)
    return true
  }

  /** Has n bytes of transport header at least. */
  needTransportBytes(n: number): boolean {
    return this.transportLength >= n || this.grow(n - this.transportLength)
  }

  /** Sets the IP header's length, if that makes it longer; the new bytes are zeroes. */
  setIpHeader(bytes: number): void {
    const { p } = this
    const more = p.net + bytes - p.end
    if (more > 0 && !this.grow(more)) return
    p.mem[p.net] = (p.mem[p.net]! & 0xf0) | (bytes >> 2)
    p.transport = p.net + bytes
  }

  /** Where the payload starts in the packet. */
  get payloadOffset(): number {
    const { p } = this
    if (!this.hasIp) return 0
    const at = p.transport - p.off
    if (!this.isFirstFragment) return at
    if (this.ipProto === UDP || this.ipProto === UDPLITE) return at + 8
    if (this.ipProto !== TCP) return at
    const words = this.transportLength >= 13 ? p.mem[p.transport + 12]! >> 4 : 5
    return at + Math.max(5, words) * 4
  }

  /** A payload of so many bytes, from `offset` on: says the length, or fills the headers up to it. */
  accountPayload(offset: number, bytes: number): void {
    const { p } = this
    if (!this.hasIp || this.wantLength === 0) {
      this.wantLength = offset + bytes
      return
    }
    let missing = this.wantLength + (p.net - p.off) - (offset + bytes)
    const tcp = p.transport + 12
    const plainTcp = this.isFirstFragment && this.ipProto === TCP && p.mem[tcp]! >> 4 === 5
    if (missing > 0 && plainTcp && !this.hasTcpLength) {
      const more = Math.min(missing & ~3, HEADER_MAX - TCP_HEADER)
      if (!this.#insert(p.transport + TCP_HEADER, more)) return
      p.mem[tcp] = (p.mem[tcp]! & 15) | (((TCP_HEADER + more) / 4) << 4)
      missing -= more
    }
    if (missing > 0 && !this.hasIpLength && this.ipHeaderLength === IP_HEADER) {
      const more = Math.min(missing & ~3, HEADER_MAX - IP_HEADER)
      if (!this.#insert(p.net + IP_HEADER, more)) return
      p.mem[p.net] = 0x40 | ((IP_HEADER + more) / 4)
      p.transport = p.net + IP_HEADER + more
    }
  }

  #insert(at: number, bytes: number): boolean {
    const { p } = this
    if (!this.grow(bytes)) return false
    if (at + bytes < p.end) p.mem.copyWithin(at + bytes, at, p.end - bytes)
    p.mem.fill(0, at, at + bytes)
    return true
  }

  /** Completes the headers: lengths, checksums where asked for, annotations. */
  finish(checksum: boolean): void {
    const { p } = this
    if (this.flow !== null) this.needIp(0)
    if (this.hasIp) {
      this.needTransport()
      const length = this.#finishLengths()
      p.dst = readIp(p.mem, p.net + 16)
      if (checksum && this.grow(Math.max(0, length - (p.end - p.net)))) this.setChecksums()
    }
    if (this.wantLength > p.end - p.off) setExtraLength(p, this.wantLength - (p.end - p.off))
  }

  /** Sets the checksums of IP, TCP, UDP and ICMP headers, over what there is of the packet. */
  setChecksums(): void {
    const { mem, net, transport, end } = this.p
    setIpChecksum(mem, net)
    if ((mem[net + 6]! & 0x3f) !== 0 || mem[net + 7] !== 0) return
    const proto = this.ipProto
    const at = checksumOffset(proto)
    const length = end - transport
    if (at < 0 || length < at + 2) return
    writeShort(mem, transport + at, 0)
    const sum =
      proto === ICMP
        ? checksumOf(mem, transport, length)
        : transportChecksum(this.p, net, transport, length)
    writeShort(mem, transport + at, sum === 0 && proto === UDP ? 0xffff : sum) // RFC 768
  }

  #finishLengths(): number {
    const { p } = this
    let length = this.wantLength
    if (length >= p.net - p.off) length -= p.net - p.off
    length = length === 0 ? p.end - p.net : Math.min(length, 0xffff)
    writeShort(p.mem, p.net + 2, length)
    const udpLength = p.transport + 4
    if (this.ipProto === UDP && this.isFirstFragment && readShort(p.mem, udpLength) === 0)
      writeShort(p.mem, udpLength, length - this.ipHeaderLength)
    return length
  }
}

export function writeShort(mem: Uint8Array, at: number, value: number): void {
  mem[at] = value >> 8
  mem[at + 1] = value
}

export function readShort(mem: Uint8Array, at: number): number {
  return (mem[at]! << 8) | mem[at + 1]!
}

/** Where the checksum of a protocol's header is; -1: it has none that is known. */
function checksumOffset(proto: number): number {
  if (proto === TCP) return 16
  if (proto === UDP) return 6
  return proto === ICMP ? 2 : -1
}
