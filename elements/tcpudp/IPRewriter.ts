/*
=c

IPRewriter(INPUTSPEC1, ..., INPUTSPECn [, I<keywords>])

=s nat

rewrites TCP/UDP packets' addresses and ports

=d

Rewrites source and destination address and port of TCP and UDP packets, and addresses and
identifier of ICMP echo packets, with their checksums: network address and port translation.

IPRewriter keeps mappings, found by a packet's source and destination address, ports and protocol.
A packet that a mapping is for is rewritten as it says and leaves by the mapping's output. For any
other packet the specification of the input that it came by says what happens; there is one an
input:

=over 8

=item 'drop' or 'discard'

The packet is dropped.

=item 'pass OUTPUT'

The packet goes to OUTPUT as it is, without a mapping. 'passthrough' is the same.

=item 'keep FOUTPUT ROUTPUT'

Mappings that change nothing: the packet and those of its flow go to FOUTPUT, replies to ROUTPUT.

=item 'pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT'

A packet (S, s, D, d) is rewritten to (SADDR, SPORT, DADDR, DPORT); a field that is a dash stays as
it is. The flow's packets go to FOUTPUT; replies are rewritten back, and go to ROUTPUT. SPORT may be
a range 'L-H': the packet's own source port is kept if it is free and fits, and another is chosen
otherwise, the same for every remote end where that can be. 'L-H#' takes the ports in turn, 'L-H?'
a random one. No port: the packet is dropped, and counted in C<no_port>.

=item 'pattern PATNAME FOUTPUT ROUTPUT'

The same, with a pattern that an IPRewriterPatterns element names.

=back

Mapper elements, Click's sixth form, are not supported.

Packets must have their IP header annotation set. Packets of other protocols and all fragments but
the first go through 'pass' inputs and are dropped by others. An ICMP error that quotes a packet
of a mapped flow is rewritten with what it quotes, and leaves like a packet of that flow; it does
not keep the mapping alive. By 'pattern', of ICMP only echo requests start mappings; SPORT is the
range of their identifiers then, DPORT does not count.

=head1 BUCKETS

In a service, each flow belongs to a bucket, and replies must come back to it: so a port of a
range is chosen from those that do, 65,536/B of them for each inside address and port with B
buckets, fewer if the range leaves some out. A range without any such port makes no mapping:
C<no_port> counts it. A pattern that sets an address and no port range leaves nothing to choose:
replies then go where the steering hash says, which is only right while one replica owns all
buckets. A router without steering has one bucket, and every port fits.

=head1 TIME

Keyword arguments say when mappings go. Times are in seconds, or with a unit.

=over 8

=item TCP_TIMEOUT

Idle time of TCP connections that have carried data both ways. Default is 24 hours.

=item TCP_DONE_TIMEOUT

Idle time of TCP connections that ended, by FIN in both directions or by RST. Default is 4 minutes.

=item TCP_NODATA_TIMEOUT

Idle time of other TCP connections. Default is 5 minutes.

=item UDP_TIMEOUT

Idle time of UDP flows, and of ICMP echo. Default is TIMEOUT.

=item UDP_STREAMING_TIMEOUT

Idle time of UDP flows of three packets or more, with one at least in each direction. Default is
UDP_TIMEOUT.

=item TIMEOUT

Default of UDP_TIMEOUT. Default is 5 minutes.

=item STREAMING_TIMEOUT

Another name of UDP_STREAMING_TIMEOUT.

=item TCP_GUARANTEE

Idle time before which no TCP mapping is displaced by a new flow at capacity. Default is GUARANTEE.

=item UDP_GUARANTEE

The same for UDP and ICMP echo.

=item GUARANTEE

Default of both. Default is 5 seconds. With 0, flows of that protocol displace nothing, and are
dropped at capacity.

=item REAP_INTERVAL

Taken for compatibility: mappings are swept all the time, a few a turn.

=item MAPPING_CAPACITY

Mappings at most. Default, and bound, is 524288. At capacity a new flow displaces the mapping that was
idle longest; of a large table, the one of a random sample. Sharing the capacity of another element,
by its name, is not supported.

=item DST_ANNO

Boolean. If true, the destination address annotation of what is rewritten is set to the new
destination. Default is true.

=back

=h table read-only

Returns the mappings, one a line: the flow and what it becomes, forward and reply output, idle time,
packets and bytes each way.

=h mapping_table read-only

The same.

=h tcp_table read-only

Returns the TCP mappings.

=h udp_table read-only

Returns the UDP mappings.

=h icmp_table read-only

Returns the ICMP echo mappings.

=h table_size read-only

Returns the number of mappings. C<size> and C<nmappings> are the same.

=h size read-only

Returns the number of mappings.

=h nmappings read-only

Returns the number of mappings.

=h capacity read/write

Returns or sets the number of mappings held at most. Lowering it removes those that were idle
longest.

=h patterns read-only

Returns the patterns, one a line.

=h tcp_lookup read

Takes "SADDR SPORT DADDR DPORT" and returns, in the same form, what that TCP flow is rewritten to.

=h udp_lookup read

The same for UDP.

=h mapping_failures read-only

Returns the number of new flows that were dropped: no port, or at capacity.

=h no_port read-only

Returns the number of those dropped for want of a port.

=h unmapped read-only

Returns the number of packets without a mapping that their input dropped.

=h unsupported read-only

Returns the number of packets dropped that cannot be mapped.

=e

Hides a network behind 1.0.0.1:

  rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);
  inside -> [0]rw[0] -> outside;
  outside -> [1]rw[1] -> inside;

=a IPRewriterPatterns, IPClassifier
*/

import { makeRewriter } from '../lib/rewriter.ts'

export default makeRewriter({ name: 'IPRewriter', family: 'ip', accounting: true })
