// IP packets as text, roughly as tcpdump(1) prints them: what IPPrint says of a packet. Pure.

import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import { ICMP_CODES, ICMP_TYPES, nameOf } from './icmp-names.ts'
import { IP_PROTOCOLS } from './ip-names.ts'
import { ipText } from './text.ts'

export interface PrintFields {
  readonly id: boolean
  readonly ttl: boolean
  readonly tos: boolean
  readonly length: boolean
  /** ICMP sequence numbers and identifiers are read with their bytes exchanged. */
  readonly swap: boolean
}

const u16 = (m: Uint8Array, at: number): number => (m[at]! << 8) | m[at + 1]!
const u32 = (m: Uint8Array, at: number): number => readIp(m, at) >>> 0

/** The packet's own line, without label and contents. */
export function describeIp(p: Packet, fields: PrintFields): string {
  const m = p.mem
  const n = p.net
  if (p.end - n < 20) return 'truncated-ip'
  const hl = (m[n]! & 15) << 2
  const ipLength = u16(m, n + 2)
  const payload = ipLength - hl
  // What is there of the transport header and its payload.
  const length = Math.min(p.end - n - hl, payload)
  let text = ''
  if (fields.id) text += `id ${u16(m, n + 4)} `
  if (fields.ttl) text += `ttl ${m[n + 8]} `
  if (fields.tos) text += `tos ${m[n + 1]} `
  if (fields.length) text += `length ${ipLength} `
  const word = u16(m, n + 6)
  const first = (word & 0x1fff) === 0
  const proto = m[n + 9]!
  if (proto === 6) text += tcpText(p, n + hl, length, ipLength, first)
  else if (proto === 17) text += udpText(p, n + hl, length, first)
  else if (proto === 1) text += icmpText(p, n + hl, length, first, fields.swap)
  else text += `${pair(p)}: ip-proto-${proto}`
  if ((word & 0x3fff) !== 0) {
    const more = (word & 0x2000) !== 0 ? '+' : ''
    text += ` (frag ${u16(m, n + 4)}:${payload}@${(word & 0x1fff) * 8}${more})`
  }
  return text
}

function pair(p: Packet): string {
  const { mem: m, net: n } = p
  return `${ipText(readIp(m, n + 12))} > ${ipText(readIp(m, n + 16))}`
}

function endpoints(p: Packet, t: number): string {
  const { mem: m, net: n } = p
  const src = `${ipText(readIp(m, n + 12))}.${u16(m, t)}`
  return `${src} > ${ipText(readIp(m, n + 16))}.${u16(m, t + 2)}: `
}

function tcpText(p: Packet, t: number, length: number, ipLength: number, first: boolean): string {
  if (!first) return `${pair(p)}: tcp`
  if (length < 4) return `${pair(p)}: truncated-tcp`
  const m = p.mem
  const head = endpoints(p, t)
  if (length < 14) return `${head}truncated-tcp`
  const flags = m[t + 13]!
  const header = (m[p.net]! & 15) * 4 + (m[t + 12]! >> 4) * 4
  // SYN and FIN take a sequence number each.
  const taken = ipLength - header + ((flags >> 1) & 1) + (flags & 1)
  const names = [
    [2, 'S'],
    [1, 'F'],
    [4, 'R'],
    [8, 'P'],
  ] as const
  const said = names.map(([bit, name]) => ((flags & bit) !== 0 ? name : '')).join('') || '.'
  const seq = u32(m, t + 4)
  let text = `${head}${said} ${seq}:${(seq + taken) >>> 0}(${taken},${p.length},${ipLength})`
  if ((flags & 16) !== 0) text += ` ack ${u32(m, t + 8)}`
  return length < 16 ? `${text}truncated-tcp` : `${text} win ${u16(m, t + 14)}`
}

function udpText(p: Packet, t: number, length: number, first: boolean): string {
  if (!first) return `${pair(p)}: udp`
  if (length < 4) return `${pair(p)}: truncated-udp`
  return endpoints(p, t) + (length < 8 ? 'truncated-udp' : `udp ${u16(p.mem, t + 4)}`)
}

function icmpText(p: Packet, t: number, length: number, first: boolean, swap: boolean): string {
  const head = `${pair(p)}: `
  if (!first) return `${head}icmp`
  if (length < 2) return `${head}truncated-icmp`
  const m = p.mem
  const type = m[t]!
  const code = m[t + 1]!
  const name = nameOf(ICMP_TYPES, type) ?? `type ${type}`
  if (type === 0 || type === 8) {
    if (length < 8) return `${head}icmp ${name} truncated-icmp`
    const number = (at: number) => (swap ? u16(m, at) : (m[at + 1]! << 8) | m[at]!)
    return `${head}icmp ${name} (${number(t + 4)}, ${number(t + 6)})`
  }
  const known = nameOf(ICMP_CODES[type], code)
  if (type === 3) return head + unreachableText(m, t, length, known ?? `code ${code}`, code)
  const codeText = known ?? (code === 0 ? '' : `code ${code}`)
  return `${head}icmp ${name}${codeText === '' ? '' : ` ${codeText}`}`
}

/** An unreachable message also says what of the quoted packet could not be reached. */
function unreachableText(
  m: Uint8Array,
  t: number,
  length: number,
  codeName: string,
  code: number,
): string {
  const q = t + 8
  const there = length - 8
  if (there < 20) return `icmp unreachable ${codeName} truncated-icmp`
  const text = `icmp ${ipText(readIp(m, q + 16))} unreachable ${codeName}`
  const proto = nameOf(IP_PROTOCOLS, m[q + 9]!)
  if (code === 2) return `${text} ${proto ?? m[q + 9]}`
  if (code === 3) {
    const hl = (m[q]! & 15) << 2
    const what = `${text} ${proto ?? `protocol ${m[q + 9]}`}`
    return there < hl + 4 ? `${what}truncated-icmp` : `${what}/${u16(m, q + hl + 2)}`
  }
  const mtu = u16(m, t + 6)
  return code === 4 && mtu !== 0 ? `${text} (mtu ${mtu})` : text
}

/** Where the payload begins: behind the transport header, or what stands in its place. */
export function payloadStart(p: Packet): number {
  const m = p.mem
  const n = p.net
  const t = n + ((m[n]! & 15) << 2)
  const first = (u16(m, n + 6) & 0x1fff) === 0
  // A TCP header that is cut off has no payload.
  if (first && m[n + 9] === 6) return t + 12 < p.end ? t + ((m[t + 12]! >> 4) << 2) : p.end
  return first && m[n + 9] === 17 ? t + 8 : t
}

/** Bytes in hexadecimal: 24 a line, in groups of 4. Each line begins with a line end. */
export function hexLines(bytes: Uint8Array): string {
  let text = ''
  bytes.forEach((byte, i) => {
    if (i % 24 === 0) text += '\n  '
    else if (i % 4 === 0) text += ' '
    text += byte.toString(16).padStart(2, '0')
  })
  return text
}

/** Bytes as characters: 48 a line, in groups of 8. */
export function asciiLines(bytes: Uint8Array): string {
  let text = ''
  bytes.forEach((byte, i) => {
    if (i % 48 === 0) text += '\n  '
    else if (i % 8 === 0) text += ' '
    text += byte < 32 || byte > 126 ? '.' : String.fromCharCode(byte)
  })
  return text
}
