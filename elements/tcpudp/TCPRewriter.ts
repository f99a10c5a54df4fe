/*
=c

TCPRewriter(INPUTSPEC1, ..., INPUTSPECn [, I<keywords>])

=s nat

rewrites TCP packets' addresses, ports and sequence numbers

=d

Rewrites source and destination address and port of TCP packets, with their checksums, by
mappings that it keeps. The INPUTSPECs, one an input, are those of IPRewriter and say what
happens to a packet without a mapping; patterns and mappings are described there, and buckets as
well.

Other elements (FTPPortMapper) may make the data of a connection longer or shorter. TCPRewriter
then moves the sequence numbers of what follows, and the acknowledgement numbers of the answers,
those of SACK options included. Of one direction the last 16 such changes are told apart, for
data that is sent again.

Packets of other protocols and all fragments but the first go through 'pass' inputs and are
dropped by others. Packets must have their IP header annotation set. Keyword arguments are:

=over 8

=item TCP_TIMEOUT

Idle time, in seconds or with a unit, after which connections time out that have carried data
both ways. Default is 24 hours. C<TIMEOUT> is another name.

=item TCP_DONE_TIMEOUT

The same of connections that ended, by FIN in both directions or by RST. Default is 4 minutes.

=item TCP_NODATA_TIMEOUT

The same of other connections. Default is 5 minutes.

=item TCP_GUARANTEE

Another name of GUARANTEE.

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

Returns the mappings, a line a direction: '(SADDR, SPORT, DADDR, DPORT) => (new ones)', then the
outputs of both directions with that of this one starred, the input that made the mapping, and
the seconds until it times out. C<mappings> is the same.

=h mappings read-only

Returns the same as C<table>.

=h lookup read

Takes "SADDR SPORT DADDR DPORT" and returns, in the same form, what that flow is rewritten to.

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

  rw :: TCPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);

=a IPRewriter, UDPRewriter, IPAddrRewriter, IPAddrPairRewriter, ICMPPingRewriter, ICMPRewriter,
IPRewriterPatterns, RoundRobinIPMapper, SourceIPHashMapper, FTPPortMapper
*/

import { makeRewriter } from '../lib/rewriter.ts'

export default makeRewriter({ name: 'TCPRewriter', family: 'tcp', accounting: true })
