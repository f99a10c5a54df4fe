// The table of frames that steering is tested with, and random ones. `same` is a frame that must
// land in the same bucket: the flow's other direction, or the packet that an error quotes.

import fc from 'fast-check'
import { encodeFence } from '../../lib/fence.ts'
import type { Reason } from '../../node-agent/steering/steering.ts'
import * as f from './frames.ts'
import type { Verdict } from './programs.ts'

export interface FrameCase {
  readonly name: string
  readonly frame: Uint8Array
  readonly verdict: Verdict
  readonly reasons: readonly Reason[]
  readonly same?: Uint8Array
}

const { A, B, A6, B6, eth, ip4, ip6, tcp, udp, icmp, vlan, bytes } = f
const MORE = 0x2000

function steered(name: string, frame: Uint8Array, same?: Uint8Array): FrameCase {
  const one = { name, frame, verdict: 'REDIRECT', reasons: ['redirected'] } as const
  return same === undefined ? one : { ...one, same }
}
function kind(reason: Reason, name: string, frame: Uint8Array, same?: Uint8Array): FrameCase {
  return { ...steered(name, frame, same), reasons: ['redirected', reason] }
}
function plain(reason: Reason, name: string, frame: Uint8Array): FrameCase {
  return { name, frame, verdict: reason === 'fence' ? 'DROP' : 'REDIRECT', reasons: [reason] }
}

const tcp4 = eth(ip4({ protocol: 6 }, tcp(40000, 443)))
const tcp4Back = eth(ip4({ protocol: 6, src: B, dst: A }, tcp(443, 40000)))
const udp4 = eth(ip4({}, udp(1234, 53)))
const ports0 = eth(ip4({ protocol: 6 }, tcp(7, 7)))
const tcp6 = eth(ip6({ next: 6 }, tcp(40000, 443)))
const udp6 = eth(ip6({}, udp(1234, 53)))
const ports06 = eth(ip6({ next: 6 }, tcp(7, 7)))
const echo4 = eth(ip4({ protocol: 1 }, icmp(8, 0x1234)))
const quote4 = (inner: Uint8Array, type = 3) =>
  eth(ip4({ protocol: 1, src: 0x08080808, dst: A }, icmp(type, 0, inner)))
const quote6 = (inner: Uint8Array, type = 1) =>
  eth(ip6({ next: 58, src: [0x20010db8, 7, 7, 7], dst: A6 }, icmp(type, 0, inner)))
const ip = (frame: Uint8Array) => frame.subarray(14)

const IPV4: readonly FrameCase[] = [
  steered('IPv4 TCP', tcp4, tcp4Back),
  steered('IPv4 TCP, the way back', tcp4Back, tcp4),
  steered('IPv4 UDP', udp4, eth(ip4({ src: B, dst: A }, udp(53, 1234)))),
  steered('IPv4 SCTP', eth(ip4({ protocol: 132 }, tcp(1, 2)))),
  steered(
    'IPv4 with 4 bytes of options',
    eth(ip4({ options: bytes(1, 1, 1, 0) }, udp(1234, 53))),
    udp4,
  ),
  steered(
    'IPv4 with 40 bytes of options',
    eth(ip4({ options: new Uint8Array(40) }, udp(1234, 53))),
    udp4,
  ),
  steered('one VLAN tag', vlan(5, tcp4), tcp4),
  steered('QinQ', vlan(5, vlan(6, tcp4), 0x88a8), tcp4),
  steered('padding behind a short packet', bytes(udp4, new Uint8Array(20).fill(9)), udp4),
  steered('ICMP echo', echo4, eth(ip4({ protocol: 1, src: B, dst: A }, icmp(0, 0x1234)))),
  steered('total length beyond the frame', eth(ip4({ length: 900 }, udp(1234, 53))), udp4),
  kind('other', 'IPv4 GRE', eth(ip4({ protocol: 47 }, bytes(0, 0, 8, 0))), ports0),
  kind('other', 'ICMP timestamp', eth(ip4({ protocol: 1 }, icmp(13, 5))), ports0),
  kind('fragment', 'first fragment', eth(ip4({ fragment: MORE }, udp(1234, 53))), ports0),
  kind('fragment', 'later fragment', eth(ip4({ fragment: 100 }, bytes(1, 2, 3, 4))), ports0),
  kind('fragment', 'last fragment, no data', eth(ip4({ fragment: 0x1fff }, bytes())), ports0),
  steered("Don't Fragment is no fragment", eth(ip4({ fragment: 0x4000 }, udp(1234, 53))), udp4),
]

const ERRORS: readonly FrameCase[] = [
  kind('icmp_error', 'unreachable quoting TCP', quote4(ip(tcp4)), tcp4),
  kind('icmp_error', 'quote of 8 bytes of the payload', quote4(ip(tcp4).subarray(0, 28)), tcp4),
  kind('icmp_error', 'time exceeded quoting the way back', quote4(ip(tcp4Back), 11), tcp4),
  kind('icmp_error', 'parameter problem quoting echo', quote4(ip(echo4), 12), echo4),
  kind('icmp_error', 'source quench', quote4(ip(udp4), 4), udp4),
  kind('icmp_error', 'redirect', quote4(ip(udp4), 5), udp4),
  kind(
    'icmp_error',
    'quote with options',
    quote4(ip4({ options: new Uint8Array(8) }, udp(1234, 53))),
    udp4,
  ),
  kind(
    'icmp_error',
    'quote with a mangled length',
    quote4(ip4({ length: 3 }, udp(1234, 53))),
    udp4,
  ),
  kind('icmp_error', 'quote of a fragment', quote4(ip4({ fragment: MORE }, udp(1, 2))), ports0),
  kind('icmp_error', 'quote of an error', quote4(ip4({ protocol: 1 }, icmp(3))), ports0),
  kind('icmp_error', 'tagged error', vlan(9, quote4(ip(tcp4))), tcp4),
  kind('icmp_error', 'ICMPv6 unreachable', quote6(ip(tcp6)), tcp6),
  kind('icmp_error', 'ICMPv6 packet too big', quote6(ip(udp6), 2), udp6),
  kind(
    'icmp_error',
    'ICMPv6 quote with extensions',
    quote6(ip6({ next: 0 }, f.ext(17, 1, udp(1234, 53)))),
    udp6,
  ),
  plain('truncated', 'quote without ports', quote4(ip(tcp4).subarray(0, 22))),
  plain('truncated', 'quote of nothing', quote4(bytes())),
  plain('truncated', 'IPv4 error quoting IPv6', quote4(ip(tcp6))),
  plain('truncated', 'ICMPv6 error quoting IPv4', quote6(bytes(ip(tcp4), new Uint8Array(20)))),
]

const IPV6: readonly FrameCase[] = [
  steered('IPv6 TCP', tcp6, eth(ip6({ next: 6, src: B6, dst: A6 }, tcp(443, 40000)))),
  steered('IPv6 UDP', udp6),
  steered('IPv6 SCTP, tagged', vlan(5, eth(ip6({ next: 132 }, tcp(1, 2))))),
  steered('hop-by-hop', eth(ip6({ next: 0 }, f.ext(17, 0, udp(1234, 53)))), udp6),
  steered('routing header', eth(ip6({ next: 43 }, f.ext(17, 2, udp(1234, 53)))), udp6),
  steered('destination options', eth(ip6({ next: 60 }, f.ext(17, 0, udp(1234, 53)))), udp6),
  steered(
    'three extension headers',
    eth(ip6({ next: 0 }, f.ext(60, 0, f.ext(43, 1, f.ext(6, 0, tcp(40000, 443)))))),
    tcp6,
  ),
  steered('atomic fragment', eth(ip6({ next: 44 }, f.ext6Fragment(17, 0, udp(1234, 53)))), udp6),
  steered(
    'ICMPv6 echo',
    eth(ip6({ next: 58 }, icmp(128, 7))),
    eth(ip6({ next: 58, src: B6, dst: A6 }, icmp(129, 7))),
  ),
  kind('fragment', 'first', eth(ip6({ next: 44 }, f.ext6Fragment(17, 1, udp(1, 2)))), ports06),
  kind('fragment', 'later', eth(ip6({ next: 44 }, f.ext6Fragment(17, 0x100, bytes(9)))), ports06),
  kind('other', 'no next header', eth(ip6({ next: 59 }, bytes())), ports06),
  kind('other', 'seven extension headers', eth(ip6({ next: 60 }, sevenHeaders())), ports06),
  kind('other', 'multicast listener report', eth(ip6({ next: 58 }, icmp(143))), ports06),
  plain('arp_reply_all', 'neighbour advertisement', eth(ip6({ next: 58 }, icmp(136)))),
  plain('non_ip_primary', 'neighbour solicitation', eth(ip6({ next: 58 }, icmp(135)))),
  plain('non_ip_primary', 'router advertisement', eth(ip6({ next: 58 }, icmp(134)))),
]

function sevenHeaders(): Uint8Array {
  let payload = udp(1234, 53)
  for (let i = 0; i < 7; i++) payload = f.ext(i === 0 ? 17 : 60, 0, payload)
  return payload
}

const OTHERS: readonly FrameCase[] = [
  plain('non_ip_primary', 'ARP request', eth(f.arp(1), 0x0806)),
  plain('arp_reply_all', 'ARP reply', eth(f.arp(2), 0x0806)),
  plain('arp_reply_all', 'ARP reply, tagged', vlan(3, eth(f.arp(2), 0x0806))),
  plain('non_ip_primary', 'LLDP', eth(new Uint8Array(50), 0x88cc)),
  plain('non_ip_primary', 'three tags', vlan(1, vlan(2, vlan(3, tcp4)))),
  plain('non_ip_primary', '802.3 length', eth(new Uint8Array(60), 46)),
  plain('fence', 'forged fence', encodeFence({ move: 1, epoch: 2, port: 0 })),
  plain(
    'non_ip_primary',
    'a tagged fence is no fence',
    vlan(1, encodeFence({ move: 1, epoch: 2, port: 0 })),
  ),
  plain('truncated', 'Ethernet header only', tcp4.slice(0, 14)),
  plain('truncated', 'half a tag', vlan(1, tcp4).slice(0, 16)),
  plain('truncated', 'short ARP', eth(f.arp(2).slice(0, 7), 0x0806)),
  plain('truncated', 'IPv4 type, version 6', eth(ip4({ version: 6 }, udp(1, 2)), 0x0800)),
  plain('truncated', 'IPv6 type, version 4', eth(ip6({ version: 4 }, udp(1, 2)), 0x86dd)),
  plain('truncated', 'header length 4', eth(ip4({ ihl: 4 }, udp(1, 2)), 0x0800)),
  plain('truncated', 'header longer than the packet', eth(ip4({ ihl: 15 }, udp(1, 2)), 0x0800)),
  plain('truncated', 'total length below the header', eth(ip4({ length: 19 }, udp(1, 2)))),
  plain(
    'truncated',
    'ports only in the padding',
    bytes(eth(ip4({ length: 20 }, bytes())), udp(1234, 53), new Uint8Array(30)),
  ),
  plain('truncated', 'IPv6 length 0', eth(ip6({ length: 0 }, udp(1234, 53)))),
  plain(
    'truncated',
    'extension beyond the end',
    eth(
      ip6(
        { next: 60 },
        f.ext(17, 0, udp(1, 2)).map((b, i) => (i === 1 ? 9 : b)),
      ),
    ),
  ),
]

export const FRAMES: readonly FrameCase[] = [...IPV4, ...ERRORS, ...IPV6, ...OTHERS]

/** Random bytes behind a plausible type; a frame of the table with damage; a valid random flow. */
export function garbageFrame(): fc.Arbitrary<Uint8Array> {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const port = fc.integer({ min: 0, max: 65535 })
  const types = fc.constantFrom(0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8)
  const noise = fc.uint8Array({ minLength: 0, maxLength: 120 })
  const words = fc.array(word, { minLength: 4, maxLength: 4 })
  const damage = fc.array(fc.tuple(fc.nat(160), fc.nat(255)), { minLength: 1, maxLength: 6 })
  return fc.oneof(
    fc.tuple(types, noise).map(([type, data]) => eth(data, type)),
    fc
      .tuple(fc.constantFrom(0x45, 0x46, 0x60), fc.constantFrom(1, 6, 17, 44, 58, 0), noise)
      .map(([first, next, data]) => {
        const packet = bytes(first, data)
        if (first === 0x60 && packet.length > 6) packet[6] = next
        else if (packet.length > 9) packet.set([0, 100], 2)
        if (first !== 0x60 && packet.length > 9) packet[9] = next
        return eth(packet, first === 0x60 ? 0x86dd : 0x0800)
      }),
    fc.tuple(fc.constantFrom(...FRAMES), damage).map(([c, hits]) => {
      const frame = c.frame.slice()
      for (const [at, value] of hits) if (at < frame.length) frame[at] = value
      return frame
    }),
    fc
      .tuple(word, word, port, port, fc.constantFrom(6, 17, 132))
      .map(([src, dst, a, b, protocol]) => eth(ip4({ src, dst, protocol }, udp(a, b)))),
    fc.tuple(words, words, port, port).map(([src, dst, a, b]) => eth(ip6({ src, dst }, udp(a, b)))),
  )
}
