// Longest-prefix match over random destinations, CPU only. $N packets, then the router stops.

InfiniteSource(LENGTH 60, LIMIT $N, BURST 32, STOP true)
  -> SetRandIPAddress(0.0.0.0/0)
  -> rt :: RadixIPLookup($ROUTES)
  -> c :: Counter
  -> Discard;
rt[1], rt[2], rt[3] -> c;
