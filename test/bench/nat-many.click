// NAT with as many flows as $NET has addresses, CPU only: each packet is of a random one. $N packets,
// then the router stops.

InfiniteSource(DATA \<4500002e 00000000 40110000 0a000002 0a010203 04d2162e 001a0000 00000000 00000000 00000000 00000000 0000>,
               LIMIT $N, BURST 32, STOP true)
  -> SetRandIPAddress($NET)
  -> StoreIPAddress(16)
  -> SetIPChecksum
  -> CheckIPHeader
  -> IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 0, MAPPING_CAPACITY 4194304)
  -> Counter
  -> Discard;
