// TCP packets over IP, as the elements that generate them write them.

import type { Packet } from '../../dataplane/packet.ts'
import { writeIp } from './arp.ts'
import { setIpChecksum } from './checksum.ts'
import { IP_HEADER, setU16, TCP, writeIpHeader } from './ip-header.ts'
import { transportChecksum } from './transport-checksum.ts'

/** An IP and a TCP header. */
export const TCP_SEGMENT = 40

const TTL = 255
const DONT_FRAGMENT = 0x4000
const WINDOW = 32_120

export interface TcpHeader {
  readonly src: number
  readonly sport: number
  readonly dst: number
  readonly dport: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
}

/** Writes both headers at `n`, for a datagram of `length` bytes whose payload is there already. */
export function writeTcpPacket(p: Packet, n: number, length: number, header: TcpHeader): void {
  const m = p.mem
  const t = n + IP_HEADER
  writeIpHeader(m, n, length, 0, TTL, TCP, header.src, header.dst)
  setU16(m, n + 6, DONT_FRAGMENT)
  setIpChecksum(m, n)
  writeIp(m, t, (header.sport << 16) | header.dport)
  writeIp(m, t + 4, header.seq)
  writeIp(m, t + 8, header.ack)
  writeIp(m, t + 12, 0x50000000 | (header.flags << 16) | WINDOW)
  writeIp(m, t + 16, 0)
  setU16(m, t + 16, transportChecksum(p, n, t, length - IP_HEADER))
  p.net = n
  p.transport = t
}
