// Ethernet frames of the udp driver's traffic, where no kernel stack can take part: ARP, and IPv4
// with UDP or TCP (RFC 826, 791, 768, 9293). Built and parsed in user space, checksums included.

export const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_IP = 0x0800
const ETHER_BYTES = 14
const IP_BYTES = 20
const UDP_BYTES = 8
const TCP_BYTES = 20

export const FIN = 1
export const SYN = 2
export const RST = 4
export const ACK = 16

export interface Endpoint {
  readonly mac: Buffer
  /** IPv4 as uint32. */
  readonly ip: number
}

export interface Segment {
  readonly protocol: 'udp' | 'tcp'
  readonly saddr: number
  readonly daddr: number
  readonly sport: number
  readonly dport: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly payload: Buffer
}

export function macOf(text: string): Buffer {
  return Buffer.from(text.split(':').map((part) => Number.parseInt(part, 16)))
}

export function ipOf(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** The answer to an ARP request for `me`, or null where the frame is not one. */
export function arpReply(frame: Buffer, me: Endpoint): Buffer | null {
  if (frame.length < 42 || frame.readUInt16BE(12) !== ETHERTYPE_ARP) return null
  if (frame.readUInt16BE(20) !== 1 || frame.readUInt32BE(38) !== me.ip) return null
  const reply = Buffer.alloc(60)
  frame.copy(reply, 0, 6, 12)
  me.mac.copy(reply, 6)
  frame.copy(reply, 12, 12, 20)
  reply.writeUInt16BE(2, 20)
  me.mac.copy(reply, 22)
  reply.writeUInt32BE(me.ip, 28)
  frame.copy(reply, 32, 22, 32)
  return reply
}

/** A frame from `from` through the router with address `via`. */
export function build(from: Endpoint, via: Buffer, segment: Segment): Buffer {
  const head = segment.protocol === 'udp' ? UDP_BYTES : TCP_BYTES
  const ipLength = IP_BYTES + head + segment.payload.length
  const frame = Buffer.alloc(Math.max(60, ETHER_BYTES + ipLength))
  via.copy(frame, 0)
  from.mac.copy(frame, 6)
  frame.writeUInt16BE(ETHERTYPE_IP, 12)
  const ip = frame.subarray(ETHER_BYTES, ETHER_BYTES + ipLength)
  ip[0] = 0x45
  ip.writeUInt16BE(ipLength, 2)
  ip[8] = 64
  ip[9] = segment.protocol === 'udp' ? 17 : 6
  ip.writeUInt32BE(segment.saddr, 12)
  ip.writeUInt32BE(segment.daddr, 16)
  ip.writeUInt16BE(checksum(ip.subarray(0, IP_BYTES), 0), 10)
  const transport = ip.subarray(IP_BYTES)
  transport.writeUInt16BE(segment.sport, 0)
  transport.writeUInt16BE(segment.dport, 2)
  if (segment.protocol === 'udp') transport.writeUInt16BE(transport.length, 4)
  else {
    transport.writeUInt32BE(segment.seq >>> 0, 4)
    transport.writeUInt32BE(segment.ack >>> 0, 8)
    transport[12] = 5 << 4
    transport[13] = segment.flags
    transport.writeUInt16BE(65_535, 14)
  }
  segment.payload.copy(transport, head)
  const at = segment.protocol === 'udp' ? 6 : 16
  transport.writeUInt16BE(checksum(transport, pseudoSum(ip, transport.length)) || 0xffff, at)
  return frame
}

/** The segment in a frame for `me`, its checksums checked; null: something else, or damaged. */
export function parse(frame: Buffer, me: Endpoint): Segment | null {
  if (frame.length < ETHER_BYTES + IP_BYTES || frame.readUInt16BE(12) !== ETHERTYPE_IP) return null
  const ipLength = frame.readUInt16BE(16)
  if (frame[14] !== 0x45 || frame.length < ETHER_BYTES + ipLength) return null
  const ip = frame.subarray(ETHER_BYTES, ETHER_BYTES + ipLength)
  if (ip.readUInt32BE(16) !== me.ip || checksum(ip.subarray(0, IP_BYTES), 0) !== 0) return null
  const transport = ip.subarray(IP_BYTES)
  const protocol = ip[9] === 17 ? 'udp' : ip[9] === 6 ? 'tcp' : null
  if (protocol === null || transport.length < (protocol === 'udp' ? UDP_BYTES : TCP_BYTES))
    return null
  if (checksum(transport, pseudoSum(ip, transport.length)) !== 0) return null
  const tcp = protocol === 'tcp'
  return {
    protocol,
    saddr: ip.readUInt32BE(12),
    daddr: ip.readUInt32BE(16),
    sport: transport.readUInt16BE(0),
    dport: transport.readUInt16BE(2),
    seq: tcp ? transport.readUInt32BE(4) : 0,
    ack: tcp ? transport.readUInt32BE(8) : 0,
    flags: tcp ? transport[13]! : 0,
    payload: transport.subarray(tcp ? (transport[12]! >> 4) * 4 : UDP_BYTES),
  }
}

/** Sum of the pseudo header: addresses, protocol, length. */
function pseudoSum(ip: Buffer, length: number): number {
  let sum = ip[9]! + length
  for (let i = 12; i < 20; i += 2) sum += ip.readUInt16BE(i)
  return sum
}

/** The Internet checksum (RFC 1071); 0 over data that holds its own. */
function checksum(bytes: Buffer, start: number): number {
  let sum = start
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += bytes.readUInt16BE(i)
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
