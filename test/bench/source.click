// The least there is: a source of packets, a counter, the end. $N packets, then the router stops.

InfiniteSource(LENGTH 60, LIMIT $N, BURST 32, STOP true) -> Counter -> Discard;
