// Writing a trace. $N packets of 60 bytes to file $OUT, then the router stops.

InfiniteSource(LENGTH 60, LIMIT $N, BURST 32, STOP true) -> ToDump($OUT, SNAPLEN 0);
