/*
=c

MSQueue([CAPACITY])

=s storage

holds packets, first in, first out

=d

An old name of ThreadSafeQueue, which is the one to use. The default for CAPACITY is 1000.

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

=a ThreadSafeQueue
*/

import { queueElement } from '../lib/queue-element.ts'

export default queueElement('MSQueue', true)
