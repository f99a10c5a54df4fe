/*
=c

MixedQueue([CAPACITY])

=s storage

holds packets; input 1 puts in front

=d

Packets of input 0 go to the end of the queue, packets of input 1 to its front. When
the queue holds CAPACITY packets, one that comes by input 0 is dropped; one that comes
by input 1 pushes out the packet that waited longest at the end. The default for
CAPACITY is 1000.

Packets that do not fit go to output 1 where there is one, and are dropped where not. The first such
packet is reported.

=h length read-only

Returns the current number of packets in the queue.

=h highwater_length read-only

Returns the largest length of the queue since it was reset.

=h capacity read/write

Returns or sets the queue's capacity. Packets beyond a lowered capacity are
dropped, the newest first.

=h drops read-only

Returns the number of packets dropped because the queue was full.

=h reset_counts write-only

Resets C<drops> and C<highwater_length>.

=h reset write-only

Drops all packets in the queue.

=a Queue, FrontDropQueue
*/

import { mixedQueue } from '../lib/queue-element.ts'

export default mixedQueue('MixedQueue')
