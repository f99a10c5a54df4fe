/*
=c

IPRewriter(INPUTSPEC1, ..., INPUTSPECn [, I<keywords>])

=s nat

rewrites TCP/UDP packets' addresses and ports

=d

Rewrites source and destination address and port of TCP and UDP packets, and addresses and
identifier of ICMP echo packets, with their checksums: network address and port translation.

IPRewriter keeps mappings, found by a packet's source and destination address, ports and
protocol. A packet that a mapping is for is rewritten as it says and leaves by the mapping's
output. For any other packet the specification of the input that it came by says what happens;
there is one an input:

=over 8

=item 'drop' or 'discard'

The packet is dropped.

=item 'pass OUTPUT'

The packet goes to OUTPUT as it is, without a mapping. 'passthrough' is the same.

=item 'keep FOUTPUT ROUTPUT'

Mappings that change nothing: the packet and those of its flow go to FOUTPUT, replies to
ROUTPUT.

=item 'pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT'

A packet (S, s, D, d) is rewritten to (SADDR, SPORT, DADDR, DPORT); a field that is a dash stays as
it is. The flow's packets go to FOUTPUT; replies are rewritten back, and go to ROUTPUT. SPORT may be
a range 'L-H': the packet's own source port is kept if it is free and fits, and another is chosen
otherwise: a random one, but in a service the same for every remote end where that can be. 'L-H#'
takes the ports in turn, 'L-H?' a random one in any case. No port is free: the packet is dropped,
and counted in C<no_port>.

=item 'pattern NAME FOUTPUT ROUTPUT'

The same, with a pattern that an IPRewriterPatterns element names.

=item 'ELEMENT'

The element of that name, a RoundRobinIPMapper or SourceIPHashMapper, chooses the pattern.

=back

Packets must have their IP header annotation set. Packets of other protocols and all fragments
but the first go through 'pass' inputs and are dropped by others. A new mapping displaces one
whose replies look the same.

If ICMP is true, echo requests and replies are mapped as well: SPORT is the range of their
identifiers then, DPORT does not count, and only a request makes a mapping. An ICMP error that
quotes a packet of a mapped flow is rewritten with what it quotes, and leaves like a packet of
that flow; it does not keep the mapping alive.

Other elements (FTPPortMapper) may make the data of a TCP connection longer or shorter: see
TCPRewriter.

=head1 BUCKETS

In a service, each flow belongs to a bucket, and replies must come back to it: so a port of a
range is chosen from those that do, 65,536/B of them for each inside address and port with B
buckets, fewer if the range leaves some out. A range without any such port makes no mapping:
C<no_port> counts it. A pattern that sets an address and no port range leaves nothing to choose:
replies then go where the steering hash says, which is only right while one replica owns all
buckets. A router without steering has one bucket, and every port fits.

=head1 KEYWORDS

Times are in seconds, or with a unit.

=over 8

=item TCP_TIMEOUT

Idle time after which TCP connections time out that have carried data both ways. Default is 24
hours. C<TIMEOUT> is another name.

=item TCP_DONE_TIMEOUT

The same of TCP connections that ended, by FIN in both directions or by RST. Default is 4
minutes.

=item TCP_NODATA_TIMEOUT

The same of other TCP connections. Default is 5 minutes.

=item UDP_TIMEOUT

The same of UDP flows, and of ICMP echo. Default is 5 minutes.

=item UDP_STREAMING_TIMEOUT

The same of UDP flows of three packets or more, with one at least in each direction. Default is
UDP_TIMEOUT. C<STREAMING_TIMEOUT> is another name.

=item TCP_GUARANTEE

Idle time before which no TCP mapping is displaced by a new one at capacity. Default is 5
seconds. With 0, TCP mappings have no guarantee, and a new one that would time out before all
others is not made. C<GUARANTEE> is another name.

=item UDP_GUARANTEE

The same for UDP and ICMP echo. Default is 5 seconds.

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

=item ICMP

Boolean. If true, ICMP echo packets and errors are translated too. Default is true, except in
configurations with an ICMPPingRewriter or ICMPRewriter: they do it there.

=back

=h table read-only

Returns the mappings, one a line: the flow and what it becomes, forward and reply output, idle
time, packets and bytes each way.

=h mapping_table read-only

The same.

=h tcp_table read-only

Returns the TCP mappings, a line a direction: '(SADDR, SPORT, DADDR, DPORT) => (new ones)', then
the outputs of both directions with that of this one starred, the input that made the mapping,
and the seconds until it times out. C<tcp_mappings> is the same.

=h tcp_mappings read-only

Returns the same as C<tcp_table>.

=h udp_table read-only

Returns the UDP mappings in the same form. C<udp_mappings> is the same.

=h udp_mappings read-only

Returns the same as C<udp_table>.

=h icmp_table read-only

Returns the ICMP echo mappings, with the identifier in place of ports.

=h tcp_lookup read

Takes "SADDR SPORT DADDR DPORT" and returns, in the same form, what that TCP flow is rewritten
to.

=h udp_lookup read

The same for UDP.

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

Hides a network behind 1.0.0.1:

  rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);
  inside -> [0]rw[0] -> outside;
  outside -> [1]rw[1] -> inside;

=a TCPRewriter, UDPRewriter, IPAddrRewriter, IPAddrPairRewriter, ICMPPingRewriter, ICMPRewriter,
IPRewriterPatterns, RoundRobinIPMapper, SourceIPHashMapper, FTPPortMapper
*/

import { makeRewriter } from '../lib/rewriter.ts'

export default makeRewriter({ name: 'IPRewriter', family: 'ip', accounting: true })
