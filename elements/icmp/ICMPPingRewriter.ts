/*
=c

ICMPPingRewriter(INPUTSPEC1, ..., INPUTSPECn [, I<keywords>])

=s nat

rewrites ICMP echo requests and replies

=d

Lets pings through a NAT: rewrites addresses and identifier of ICMP echo requests, with their
checksums, by mappings that it keeps, and those of the replies back.

There is one INPUTSPEC an input, which says what happens to a request without a mapping: those
of IPRewriter, and the short form 'pattern SADDR DADDR RANGE FOUTPUT ROUTPUT'. RANGE (SPORT of
the long form) is a range 'L-H' of identifiers: the request's own one is kept if it is free and
fits, and another is chosen otherwise, at random or, with 'L-H#', in turn. A reply never makes a
mapping: nobody asked for it, and only a 'pass' input lets it through. So it is with packets
that are no echo request or reply, and with fragments but the first.

Packets must have their IP header annotation set. Keyword arguments are:

=over 8

=item TIMEOUT

Idle time, in seconds or with a unit, after which a mapping times out. Default is 5 minutes.

=item GUARANTEE

Idle time before which no mapping is displaced by a new one at capacity. Default is 5 seconds.
With 0, mappings have no guarantee, and a new one that would time out before all others is not
made.

=item REAP_INTERVAL

Mappings that have timed out are removed this often; a packet that comes before that still finds
its mapping, and renews it. Default is 15 minutes. With 0 they only make room for others.

=item MAPPING_CAPACITY

Mappings at most: an integer, or the name of another rewriter, whose capacity is then shared.
Default is 524288, at most 4194304. At capacity a new flow displaces the mapping that would time out
first and has no guarantee any more (of a large table, the one of a random sample). C<CAPACITY>
is another name.

=item USE_CACHE, HANDLE_MIGRATION

FastClick's keywords: taken, and of no effect here.

=item DST_ANNO

Boolean. If true, the destination address annotation of what is rewritten is set to the new
destination. Default is true.

=item REPLY_ANNO

A one-byte annotation (a name, or an offset). Its value in the packet that makes a mapping is
kept, and replies get it. Not used where not given.

=back

=h table read-only

Returns the mappings, a line a direction: '(SADDR, DADDR, IDENTIFIER) => (new ones)', then the
outputs of both directions with that of this one starred, the input that made the mapping, and
the seconds until it times out. C<mappings> is the same.

=h mappings read-only

Returns the same as C<table>.

=h table_size read-only

Returns the number of mappings. C<nmappings> is the same.

=h nmappings read-only

Returns the number of mappings.

=h size read-only

Returns the number of mappings of all rewriters that share the capacity.

=h capacity read/write

Returns or sets the number of mappings held at most. Lowering it removes those that time out
first.

=h clear write-only

Removes all mappings, of all rewriters that share the capacity.

=h patterns read-only

Returns what each input does, one a line, and in brackets how many mappings it has made that are
still there.

=h patternN read/write

Returns or sets what input N does: an INPUTSPEC. Mappings that the input has made are removed
when it is set.

=h mapping_failures read-only

Returns the number of new flows that were dropped: no value of the range free, or at capacity.

=h no_port read-only

Returns the number of those dropped because no value of the range was free.

=h unmapped read-only

Returns the number of packets without a mapping that their input dropped.

=h unsupported read-only

Returns the number of packets dropped that cannot be mapped.

=e

  rw :: ICMPPingRewriter(pattern 1.0.0.1 - 0-65535 0 1, drop);

=a IPRewriter, TCPRewriter, UDPRewriter, IPAddrRewriter, IPAddrPairRewriter, ICMPRewriter,
IPRewriterPatterns, RoundRobinIPMapper, SourceIPHashMapper, FTPPortMapper
*/

import { element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from '../lib/arp.ts'
import {
  admit,
  annotate,
  mappingOf,
  other,
  REWRITER,
  type RewriterSelf,
  rewriterState,
} from '../lib/rewriter-base.ts'
import { configureRewriter } from '../lib/rewriter-config.ts'
import { rewriterHandlers } from '../lib/rewriter-handlers.ts'
import { ICMP, isEcho, isEchoReply, portsOf, rewrite } from '../lib/rewriter-packet.ts'

export default element({
  ...REWRITER,
  name: 'ICMPPingRewriter',
  state: rewriterState(true, 'ICMPPingRewriter'),

  configure: (_config, context) => configureRewriter(context, { family: 'ping' }),

  route(self: RewriterSelf, p: Packet, input: number): number {
    const m = p.mem
    const n = p.net
    if (n < 0) return other(self, input)
    const t = n + ((m[n]! & 15) << 2)
    const fragment = ((m[n + 6]! & 0x1f) | m[n + 7]!) !== 0
    if (m[n + 9] !== ICMP || fragment || t + 6 > p.end || !isEcho(m, t)) return other(self, input)
    const saddr = readIp(m, n + 12)
    const daddr = readIp(m, n + 16)
    const ports = portsOf(m, t, ICMP)
    let row = mappingOf(self, saddr, daddr, ports, ICMP)
    let output = row === null ? -1 : row.output
    if (row === null) {
      output = admit(self, p, input, saddr, daddr, ports, ICMP, isEchoReply(m, t))
      if (output < 0) return output
      row = self.state.flows.get(saddr, daddr, ports, ICMP)
      if (row === null) return output // passed without a mapping
    }
    row.seen = self.router.nowMs
    row.packets += 1
    row.bytes += p.end - n
    const { new_saddr, new_daddr, new_ports } = row
    rewrite(m, n, t, p.end, ICMP, saddr, daddr, ports, new_saddr, new_daddr, new_ports)
    if (self.plan.setDst) p.dst = new_daddr
    if (self.plan.replyAnno >= 0) annotate(row, p, self.plan.replyAnno)
    return output
  },

  handlers: rewriterHandlers('ping'),
})
