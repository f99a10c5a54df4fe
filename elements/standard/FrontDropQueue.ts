/*
=c

FrontDropQueue([CAPACITY])

=s storage

holds packets; the oldest gives way to the newest

=d

Holds packets in order, at most CAPACITY of them, by default 1000. Where one more comes, the oldest
makes room for it: it is dropped, or goes to output 1 where there is one.

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

=a Queue, MixedQueue
*/

import { frontDropQueue } from '../lib/queue-element.ts'

export default frontDropQueue('FrontDropQueue')
