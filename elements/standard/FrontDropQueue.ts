/*
=c

FrontDropQueue([CAPACITY])

=s storage

stores packets in a drop-from-front FIFO queue

=d

Stores incoming packets in a first-in-first-out queue. When it already holds CAPACITY
packets, the oldest is dropped, or sent to output 1 where there is one, to make room.
The default for CAPACITY is 1000.

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
