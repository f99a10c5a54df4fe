// Random IPv4 packets for cases: a few hosts and ports, so that filters and flows have something to
// find; TCP, UDP, ICMP, others; fragments, options, and packets that are short or wrong.

import type { Random } from '../../lib/random.ts'
import type { CapturedPacket } from './case.ts'

export const HOSTS = [
  '10.0.0.1',
  '10.0.0.2',
  '10.0.1.9',
  '192.168.7.3',
  '18.26.4.44',
  '224.0.0.5',
  '255.255.255.255',
  '0.0.0.0',
  '127.0.0.1',
  '10.0.0.255',
]
export const PORTS = [0, 20, 21, 53, 80, 123, 1024, 1234, 5000, 65_535]
const PROTOCOLS = [6, 6, 6, 17, 17, 1, 1, 2, 4, 47, 50, 255, 0]
const ICMP_TYPES = [0, 8, 8, 3, 11, 5, 12, 13, 14, 4, 40]

export interface Wishes {
  /** Chance of something wrong with a packet. */
  readonly bad?: number
  readonly fragments?: number
  readonly options?: number
  readonly payloadMax?: number
  readonly protocols?: readonly number[]
  readonly hosts?: readonly string[]
}

export function addressBytes(text: string): number[] {
  return text.split('.').map(Number)
}

/** Internet checksum of bytes. */
export function checksum(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let sum = start
  for (let k = from; k < to; k += 2) sum += (bytes[k]! << 8) | (k + 1 < to ? bytes[k + 1]! : 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value & 0xff
}

function ipOptions(random: Random): number[] {
  const address = () => addressBytes(random.pick(HOSTS))
  const options: number[] = []
  for (let n = random.between(1, 3); n > 0; n--) {
    const kind = random.below(6)
    if (kind === 0) options.push(1)
    if (kind === 1) options.push(7, 11, random.pick([4, 8, 12]), ...address(), ...address())
    if (kind === 2) options.push(random.pick([0x83, 0x89]), 7, 4, ...address())
    if (kind === 3) options.push(0x44, 12, random.pick([5, 9, 13]), 0, 0, 0, 0, 1, 0, 0, 0, 2)
    if (kind === 4) options.push(0x94, 4, 0, 0)
    if (kind === 5) options.push(random.between(2, 0x80), random.pick([0, 1, 2, 3, 9]))
  }
  while (options.length % 4 !== 0) options.push(0)
  return options.slice(0, 40)
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

/** Header and payload of a transport protocol, checksum left 0. */
function transportBytes(random: Random, proto: number, payload: number): Uint8Array {
  const header = proto === 6 ? 20 + 4 * random.pick([0, 0, 0, 1, 3]) : proto === 17 ? 8 : 0
  const length = Math.max(proto === 1 ? 8 : 0, header) + payload
  const bytes = randomBytes(random, length)
  if (proto === 6 || proto === 17) {
    put16(bytes, 0, random.pick(PORTS))
    put16(bytes, 2, random.pick(PORTS))
  }
  if (proto === 6) {
    bytes[12] = (header << 2) | (random.chance(0.1) ? random.below(16) : 0)
    bytes[13] = random.chance(0.8) ? random.pick([2, 18, 16, 24, 17, 4, 20]) : random.below(256)
    bytes.fill(1, 20, header)
    if (header === 24) bytes.set([2, 4, 5, 0xb4], 20)
  }
  if (proto === 17) put16(bytes, 4, length)
  if (proto === 1) {
    bytes[0] = random.pick(ICMP_TYPES)
    bytes[1] = random.pick([0, 0, 1, 2, 4])
  }
  const checksumAt = proto === 6 ? 16 : proto === 17 ? 6 : proto === 1 ? 2 : -1
  if (checksumAt >= 0) put16(bytes, checksumAt, 0)
  return bytes
}

function setTransportChecksum(packet: Uint8Array, header: number, proto: number): void {
  const length = packet.length - header
  const [a, b] = [packet.subarray(12, 14), packet.subarray(14, 16)]
  const word = (bytes: Uint8Array) => (bytes[0]! << 8) | bytes[1]!
  const pseudo =
    word(a) + word(b) + word(packet.subarray(16)) + word(packet.subarray(18)) + proto + length
  if (proto === 6) put16(packet, header + 16, checksum(packet, header, packet.length, pseudo))
  if (proto === 17)
    put16(packet, header + 6, checksum(packet, header, packet.length, pseudo) || 0xffff)
  if (proto === 1) put16(packet, header + 2, checksum(packet, header, packet.length))
}

/** Something that a check should find. */
function spoil(random: Random, packet: Uint8Array, header: number): Uint8Array {
  switch (random.below(9)) {
    case 0:
      return packet.subarray(0, random.below(packet.length + 1))
    case 1:
      packet[0] = random.pick([0x44, 0x40, 0x65, 0x4f, 0x55])
      return packet
    case 2:
      packet[random.between(10, 11)]! ^= 0x40
      return packet
    case 3:
      put16(packet, 2, random.pick([0, 19, 20, 24, packet.length + 1, 65_535]))
      break
    case 4:
      // longer than its header says
      return Uint8Array.from([...packet, ...randomBytes(random, random.between(1, 12))])
    case 5:
      if (packet.length > header) packet[packet.length - 1]! ^= 1
      return packet
    case 6:
      if (packet.length > header + 12) packet[header + 12] = random.pick([0, 0x40, 0xf0])
      return packet
    case 7:
      if (packet.length > header + 5) put16(packet, header + 4, random.pick([0, 7, 8, 9, 2000]))
      return packet
    default:
      put16(packet, 2, random.between(header, packet.length))
  }
  put16(packet, 10, 0)
  put16(packet, 10, checksum(packet, 0, Math.min(header, packet.length)))
  return packet
}

export function ipPacket(random: Random, wishes: Wishes = {}): Uint8Array {
  const options = random.chance(wishes.options ?? 0.1) ? ipOptions(random) : []
  const header = 20 + options.length
  const proto = random.pick(wishes.protocols ?? PROTOCOLS)
  const payload = random.pick([0, 1, 2, 7, 8, 40, 100, random.below(wishes.payloadMax ?? 200)])
  const transport = transportBytes(random, proto, Math.min(payload, wishes.payloadMax ?? 200))
  const packet = new Uint8Array(header + transport.length)
  packet[0] = 0x40 | (header >> 2)
  packet[1] = random.pick([0, 0, 0, 1, 2, 3, 0x2e << 2, random.below(256)])
  put16(packet, 2, packet.length)
  put16(packet, 4, random.pick([0, 1, 2, random.below(65_536)]))
  const fragment = random.chance(wishes.fragments ?? 0.1)
  const flags = fragment
    ? random.pick([0x2000, 0x2000 | random.below(4), random.below(4), random.below(8192)])
    : random.pick([0, 0, 0x4000, 0x4000, 0x8000])
  put16(packet, 6, flags)
  packet[8] = random.pick([0, 1, 2, 64, 255, random.below(256)])
  packet[9] = proto
  packet.set(addressBytes(random.pick(wishes.hosts ?? HOSTS)), 12)
  packet.set(addressBytes(random.pick(wishes.hosts ?? HOSTS)), 16)
  packet.set(options, 20)
  packet.set(transport, header)
  put16(packet, 10, checksum(packet, 0, header))
  setTransportChecksum(packet, header, proto)
  return random.chance(wishes.bad ?? 0.15) ? spoil(random, packet, header) : packet
}

/** Raw IP packets, some time apart. */
export function ipPackets(random: Random, count: number, wishes: Wishes = {}): CapturedPacket[] {
  let at = 0
  return Array.from({ length: count }, () => {
    at += random.pick([0, 1, 1000, 250_000, random.below(2_000_000)])
    return { at, bytes: ipPacket(random, wishes) }
  })
}

/** Ethernet frames: mostly IP, some ARP, VLAN and rubbish. */
export function etherFrames(random: Random, count: number, wishes: Wishes = {}): CapturedPacket[] {
  return ipPackets(random, count, wishes).map(({ at, bytes }) => {
    const kind = random.below(12)
    const ether = [...etherAddress(random), ...etherAddress(random)]
    if (kind === 0) return { at, bytes: randomBytes(random, random.between(14, 70)) }
    if (kind === 1) return { at, bytes: Uint8Array.from([...ether, 8, 6, ...arpBytes(random)]) }
    const tci = [random.below(256), random.below(256)]
    const type = kind <= 3 ? [0x81, 0, ...tci, 8, 0] : kind === 4 ? randomBytes(random, 2) : [8, 0]
    return { at, bytes: Uint8Array.from([...ether, ...type, ...bytes]) }
  })
}

function etherAddress(random: Random): number[] {
  return random.pick([
    [0, 1, 2, 3, 4, 5],
    [2, 0, 0, 0, 0, 1],
    [2, 0, 0, 0, 0, 2],
    [255, 255, 255, 255, 255, 255],
    [1, 0, 0x5e, 0, 0, 5],
  ])
}

function arpBytes(random: Random): number[] {
  const host = () => addressBytes(random.pick(HOSTS))
  const fixed = [0, 1, 8, 0, 6, 4, 0, random.pick([1, 2, 3])]
  return [...fixed, ...etherAddress(random), ...host(), 0, 0, 0, 0, 0, 0, ...host()]
}
