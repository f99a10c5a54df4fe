/*
=c

AggregateIP(FIELD [, I<keywords> INCREMENTAL, UNSHIFT_IP_ADDR])

=s ipmeasure

makes the aggregate annotation of a field of the packet

=d

Sets each packet's aggregate annotation to a part of its IP header, transport header or
payload. The network header must be set. Packets that lack the field go to output 1, or are
dropped where there is none: they are too short, a later fragment, or of another protocol.

FIELD is the name of a field, or a range of a header:

=over 8

=item a name

C<ip vers>, C<ip hl>, C<ip tos>, C<ip dscp>, C<ip ecn>, C<ip len>, C<ip id>, C<ip off> (the
whole fragment field), C<ip rf>, C<ip df>, C<ip mf>, C<ip fragoff>, C<ip ttl>, C<ip proto>,
C<ip sum>, C<ip src>, C<ip dst>; C<udp> and C<tcp> with C<sport>, C<dport>, C<sum>; C<udp
len>; C<tcp seq>, C<tcp ack>, C<tcp hl>, C<tcp flags>, C<tcp fin>, C<tcp syn>, C<tcp rst>,
C<tcp psh>, C<tcp ackf>, C<tcp urg>, C<tcp win>, C<tcp urp>; C<icmp type>, C<icmp code>,
C<icmp sum>; C<sport> and C<dport> of either TCP or UDP.

=item a range

C<ip>, C<transp>, C<data> (behind the TCP or UDP header), C<tcp>, C<udp> or C<icmp>, and then
C<[OFFSET]>, C<[OFFSET:LENGTH]> or C<[FIRST-LAST]> in bytes, or the same in bits between
braces.

=back

Behind it, C</I<N>> takes the first I<N> bits of the field, and C<& MASK> those where MASK has
ones, which must be in one piece. What is left must lie within a word of four bytes.

=over 8

=item INCREMENTAL

Boolean. If true, the old aggregate annotation is kept in front: it is shifted left by the
field's length, and the field comes in behind it. Default is false.

=item UNSHIFT_IP_ADDR

Boolean. If true, a part of an IP address stays where it is in the address: C<ip src/8> of
1.0.0.0 is 16777216, not 1. Default is false.

=back

=h header read-only

Returns the header that the field is in.

=h bit_offset read-only

Returns where the field starts in the header, in bits.

=h bit_length read-only

Returns the field's length in bits.

=e

  AggregateIP(ip src/8)
  AggregateIP(ip[12])
  AggregateIP(ip{96-103})

=a AggregateLength, AggregateIPFlows, AggregateCounter, AggregatePaint
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { aggregateOf, setAggregate } from '../lib/anno-words.ts'
import { readIp } from '../lib/arp.ts'
import { type Field, parseField } from '../lib/header-field.ts'

const TCP = 6

/** Where a field is, as the packet function wants it. */
interface Plan {
  readonly field: Field
  /** Bytes from the header to the word that the field is in, and to behind its last byte. */
  readonly word: number
  readonly behind: number
  readonly shift: number
  readonly mask: number
  /** Bits that the old annotation is shifted by. */
  readonly length: number
}

export default element({
  name: 'AggregateIP',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    FIELD: arg.text().at().must(),
    INCREMENTAL: arg.bool(false),
    UNSHIFT_IP_ADDR: arg.bool(false),
  },

  configure(config, context): Plan {
    const found = parseField(config.FIELD ?? '')
    if (typeof found === 'string' && config.FIELD !== undefined) context.error(found)
    const none: Field = { header: 'ip', word: 'ip', protos: [], offset: 0, length: 8 }
    const field = typeof found === 'string' ? none : found
    const { offset, length } = field
    const word = (offset >> 5) * 4
    const behind = (offset + length + 7) >> 3
    const low = length === 32 ? -1 : (1 << length) - 1
    const place = 32 - (offset & 31) - length
    // Of source and destination address.
    const address = field.header === 'ip' && (word === 12 || word === 16)
    if (config.UNSHIFT_IP_ADDR && address)
      return { field, word, behind, shift: 0, mask: low << place, length }
    return { field, word, behind, shift: place, mask: low, length }
  },

  route(self, p) {
    const { word, behind, shift, mask, length, field } = self.plan
    const start = headerStart(p, field)
    if (start < 0 || start + behind > p.end) return 1
    const value = (wordAt(p, start + word) >>> shift) & mask
    if (!self.config.INCREMENTAL) setAggregate(p, value)
    else setAggregate(p, length === 32 ? value : (aggregateOf(p) << length) | value)
    return 0
  },

  handlers: {
    header: { read: (self) => self.plan.field.word },
    bit_offset: { read: (self) => String(self.plan.field.offset) },
    bit_length: { read: (self) => String(self.plan.field.length) },
  },
})

/** Where the field's header is; -1: the packet has none. */
function headerStart(p: Packet, { header, protos }: Field): number {
  const { mem, net } = p
  if (net < 0 || p.end - net < 20) return -1
  if (header === 'ip') return net
  if ((mem[net + 6]! & 0x1f) !== 0 || mem[net + 7] !== 0) return -1
  const proto = mem[net + 9]!
  if (protos.length > 0 && !protos.includes(proto)) return -1
  const transport = net + (mem[net]! & 15) * 4
  if (header === 'transp') return transport
  if (proto !== TCP) return transport + 8
  return transport + 13 > p.end ? -1 : transport + (mem[transport + 12]! >> 4) * 4
}

/** The word there, with zeroes where the packet has ended. */
function wordAt({ mem, end }: Packet, at: number): number {
  if (at + 4 <= end) return readIp(mem, at)
  let word = 0
  for (let i = 0; i < 4; i++) word = (word << 8) | (at + i < end ? mem[at + i]! : 0)
  return word
}
