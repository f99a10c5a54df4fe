// Builds the packet that a line of an IP summary dump describes: IP header, the transport header of
// its protocol, payload.

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { setAggregate, setExtraLength, setExtraPackets } from './anno-words.ts'
import { fold, pseudoSum, setIpChecksum, sumWords } from './checksum.ts'
import type { Summary } from './summary-read.ts'

const TCP = 6
const UDP = 17
const ICMP = 1

export interface BuildOptions {
  /** Checksums are set, and the packet has bytes for all of its IP length. */
  readonly checksum: boolean
}

/** Null: no frame is free. */
export function buildPacket(s: Summary, pool: Pool, options: BuildOptions): Packet | null {
  const ipHeader = 20 + s.ipOptions.length
  const first = (s.fragment & 0x1fff) === 0
  const transport = first ? transportLength(s) : 0
  const payload = Math.max(s.payload.length, options.checksum ? s.payloadLength : 0)
  const given = ipHeader + transport + payload
  const whole = wholeLength(s, ipHeader + transport, given)
  const bytes = options.checksum ? whole : Math.min(given, whole)
  const p = pool.allocLength(bytes)
  if (p === null) return null
  p.mem.fill(0, p.off, p.end)
  const view = new DataView(p.mem.buffer, p.mem.byteOffset)
  writeIp(s, p, view, ipHeader, whole)
  if (first) writeTransport(s, p, view, p.off + ipHeader, whole - ipHeader)
  const data = Buffer.from(s.payload, 'latin1')
  const at = p.off + ipHeader + transport
  p.mem.set(data.subarray(0, Math.max(0, p.end - at)), at)
  p.net = p.off
  p.transport = p.off + ipHeader
  p.dst = s.dst
  p.timeUs = s.timeUs
  if (s.link >= 0) p.paint = s.link
  annotate(s, p, Math.max(0, whole - bytes))
  if (options.checksum) setChecksums(s, p, view, p.off + ipHeader, first)
  return p
}

function transportLength(s: Summary): number {
  if (s.proto === TCP) return 20 + s.tcpOptions.length
  return s.proto === UDP || s.proto === ICMP ? 8 : 0
}

/** The IP length: as the line gives it, by its payload's length, or what there is. */
function wholeLength(s: Summary, headers: number, given: number): number {
  if (s.length >= 0) return Math.max(s.length, Math.min(headers, 20))
  if (s.payloadLength >= 0) return headers + Math.max(s.payloadLength, s.payload.length)
  return given
}

function writeIp(s: Summary, p: Packet, view: DataView, header: number, length: number): void {
  const at = p.off
  p.mem[at] = 0x40 | (header >> 2)
  p.mem[at + 1] = s.tos
  view.setUint16(at + 2, length)
  view.setUint16(at + 4, s.id)
  view.setUint16(at + 6, s.fragment)
  p.mem[at + 8] = s.ttl
  p.mem[at + 9] = s.proto
  view.setInt32(at + 12, s.src)
  view.setInt32(at + 16, s.dst)
  p.mem.set(s.ipOptions, at + 20)
}

function writeTransport(s: Summary, p: Packet, view: DataView, at: number, length: number): void {
  if (s.proto === TCP || s.proto === UDP) {
    view.setUint16(at, s.sport)
    view.setUint16(at + 2, s.dport)
  }
  if (s.proto === TCP) {
    view.setUint32(at + 4, s.seq)
    view.setUint32(at + 8, s.ack)
    view.setUint16(at + 12, (((20 + s.tcpOptions.length) >> 2) << 12) | s.flags)
    view.setUint16(at + 14, s.window)
    view.setUint16(at + 18, s.urgent)
    p.mem.set(s.tcpOptions, at + 20)
  } else if (s.proto === UDP) {
    view.setUint16(at + 4, s.udpLength >= 0 ? s.udpLength : length)
  } else if (s.proto === ICMP) {
    p.mem[at] = s.icmpType
    p.mem[at + 1] = s.icmpCode
    view.setUint16(at + 4, s.icmpId)
    view.setUint16(at + 6, s.icmpMtu !== 0 ? s.icmpMtu : s.icmpSeq)
  }
}

function annotate(s: Summary, p: Packet, extra: number): void {
  setAggregate(p, s.aggregate)
  setExtraPackets(p, Math.max(0, s.count - 1))
  setExtraLength(p, extra)
}

function setChecksums(s: Summary, p: Packet, view: DataView, at: number, first: boolean): void {
  setIpChecksum(p.mem, p.off)
  if (!first || (s.fragment & 0x2000) !== 0) return
  const length = p.end - at
  const pseudo = pseudoSum(s.src, s.dst, s.proto, length)
  if (s.proto === TCP) view.setUint16(at + 16, ~fold(sumWords(p.mem, at, length, pseudo)) & 0xffff)
  else if (s.proto === ICMP) view.setUint16(at + 2, ~fold(sumWords(p.mem, at, length, 0)) & 0xffff)
  else if (s.proto === UDP) {
    const sum = ~fold(sumWords(p.mem, at, length, pseudo)) & 0xffff
    view.setUint16(at + 6, sum === 0 ? 0xffff : sum) // 0 would mean: no checksum (RFC 768)
  }
}
