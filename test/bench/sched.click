// Pull paths, CPU only: four sources into four queues, which a scheduler takes in turn. $N packets,
// then the router stops.

s0 :: InfiniteSource(LENGTH 60, BURST 32) -> Queue(256) -> [0] rr :: RoundRobinSched;
s1 :: InfiniteSource(LENGTH 60, BURST 32) -> Queue(256) -> [1] rr;
s2 :: InfiniteSource(LENGTH 60, BURST 32) -> Queue(256) -> [2] rr;
s3 :: InfiniteSource(LENGTH 60, BURST 32) -> Queue(256) -> [3] rr;
rr -> Unqueue(BURST 128) -> Counter(COUNT_CALL $N stop) -> Discard;
