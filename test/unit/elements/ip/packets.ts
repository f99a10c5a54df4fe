// Packets for tests, written field by field, with right checksums.

import { Packet } from '../../../../dataplane/packet.ts'
import {
  checksum,
  fold,
  pseudoSum,
  setIpChecksum,
  sumWords,
} from '../../../../elements/lib/checksum.ts'
import { parseIp } from '../../../../lib/click/args.ts'

export interface IpFields {
  readonly src?: string
  readonly dst?: string
  readonly proto?: number
  readonly sport?: number
  readonly dport?: number
  readonly flags?: number
  readonly window?: number
  readonly ttl?: number
  readonly tos?: number
  readonly id?: number
  /** Fragment offset, in units of 8 bytes. */
  readonly offset?: number
  readonly more?: boolean
  readonly payload?: number | Uint8Array
  /** UDP without checksum. */
  readonly noChecksum?: boolean
}

export const ip = (text: string): number => parseIp(text)!

const HEADROOM = 64

/** An IP packet with its annotations set. ICMP: `sport` is type and code, `dport` the identifier. */
export function ipPacket(f: IpFields = {}): Packet {
  const proto = f.proto ?? 17
  const payload = typeof f.payload === 'object' ? f.payload : new Uint8Array(f.payload ?? 8).fill(7)
  const header = proto === 6 ? 20 : 8
  const length = 20 + header + payload.length
  const m = new Uint8Array(HEADROOM + length + 64)
  const p = new Packet(m, 0, m.length, -1)
  const n = HEADROOM
  const t = n + 20
  p.off = n
  p.end = n + length
  p.net = n
  p.transport = t
  const view = new DataView(m.buffer)
  view.setUint8(n, 0x45)
  view.setUint8(n + 1, f.tos ?? 0)
  view.setUint16(n + 2, length)
  view.setUint16(n + 4, f.id ?? 1)
  view.setUint16(n + 6, (f.offset ?? 0) | (f.more ? 0x2000 : 0))
  view.setUint8(n + 8, f.ttl ?? 64)
  view.setUint8(n + 9, proto)
  view.setInt32(n + 12, ip(f.src ?? '10.0.0.1'))
  view.setInt32(n + 16, ip(f.dst ?? '10.0.0.2'))
  setIpChecksum(m, n)
  m.set(payload, t + header)
  view.setUint16(t, f.sport ?? 1)
  if (proto === 1) {
    view.setUint16(t + 4, f.dport ?? 2)
    view.setUint16(t + 2, checksum(m, t, header + payload.length))
  } else {
    view.setUint16(t + 2, f.dport ?? 2)
    if (proto === 6) {
      view.setUint8(t + 12, 0x50)
      view.setUint8(t + 13, f.flags ?? 0)
      view.setUint16(t + 14, f.window ?? 0)
    } else view.setUint16(t + 4, header + payload.length)
    if (f.noChecksum !== true)
      view.setUint16(proto === 6 ? t + 16 : t + 6, ~transportSum(p) & 0xffff)
  }
  p.dst = view.getInt32(n + 16)
  return p
}

/** Folded sum over pseudo header and segment: 0xffff where its checksum is right. */
export function transportSum(p: Packet): number {
  const view = new DataView(p.mem.buffer, p.mem.byteOffset)
  const n = p.net
  const t = n + ((p.mem[n]! & 15) << 2)
  const proto = p.mem[n + 9]!
  const pseudo =
    proto === 1 ? 0 : pseudoSum(view.getInt32(n + 12), view.getInt32(n + 16), proto, p.end - t)
  return fold(sumWords(p.mem, t, p.end - t, pseudo))
}

export function ipSum(p: Packet): number {
  return fold(sumWords(p.mem, p.net, (p.mem[p.net]! & 15) << 2, 0))
}
