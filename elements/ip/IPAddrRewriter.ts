/*
=c

IPAddrRewriter(INPUTSPEC1, ..., INPUTSPECn [, I<keywords>])

=s nat

rewrites IP packets' addresses

=d

Gives each inside host an outside address of its own (basic NAT): rewrites source addresses of
its packets, and destination addresses of packets to it, with IP, TCP and UDP checksums. Works
for every protocol and for fragments, for as many hosts at a time as there are outside
addresses.

A mapping is found by a packet's source address, or else by its destination address. There is
one INPUTSPEC an input, which says what happens to a packet without a mapping: 'drop', 'pass
OUTPUT', 'keep FOUTPUT ROUTPUT' or a mapper's name as in IPRewriter, or

=over 8

=item 'pattern SADDR - FOUTPUT ROUTPUT'

Maps the source address to SADDR: an address, a range 'L-H', or a prefix 'ADDR/LENGTH', which
stands for its addresses without the first and the last one. Of a range, an address is chosen at
random that no host has; 'L-H#' takes them in turn. None is free: the packet is dropped, and
counted in C<no_port>. With a dash for SADDR the address stays. Packets from the host go to
FOUTPUT, packets to it to ROUTPUT. A pattern that sets a destination makes no mappings: see
IPAddrPairRewriter.

=item 'pattern NAME FOUTPUT ROUTPUT'

The same, with a pattern that an IPRewriterPatterns element names.

=back

Packets must have their IP header annotation set. The destination address annotation is set
where the destination changes. In a service, one replica must own all buckets: all flows of a
host share one mapping. Keyword arguments are:

=over 8

=item TIMEOUT

Idle time, in seconds or with a unit, after which a mapping times out. Default is 2 hours.

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

=item REPLY_ANNO

A one-byte annotation (a name, or an offset). Its value in the packet that makes a mapping is
kept, and replies get it. Not used where not given.

=back

=h table read-only

Returns the mappings, a line a direction: 'SADDR => new one' (0.0.0.0 in replies), then the
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

  rw :: IPAddrRewriter(pattern 1.0.0.0/24 - 0 1, drop);
  inside -> [0]rw[0] -> outside;
  outside -> [1]rw[1] -> inside;

=a IPRewriter, TCPRewriter, UDPRewriter, IPAddrPairRewriter, ICMPPingRewriter, ICMPRewriter,
IPRewriterPatterns, RoundRobinIPMapper, SourceIPHashMapper, FTPPortMapper
*/

import { makeAddressRewriter } from '../lib/rewriter-address.ts'

export default makeAddressRewriter({ name: 'IPAddrRewriter', sourceOnly: true })
