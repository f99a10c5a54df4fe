// The IP forward chain, CPU only: set the checksum, check the header, look the route up, decrement
// the TTL, encapsulate. 46-byte packets from memory. $N packets, then the router stops.

InfiniteSource(DATA \<4500002e 00000000 40110000 0a000002 0a010203 04d2162e 001a0000 00000000 00000000 00000000 00000000 0000>,
               LIMIT $N, BURST 32, STOP true)
  -> SetIPChecksum
  -> CheckIPHeader
  -> GetIPAddress(16)
  -> rt :: RadixIPLookup(10.0.0.0/24 0, 10.1.0.0/16 1, 10.2.0.0/16 2, 192.168.0.0/16 3, 0.0.0.0/0 2);

rt[1] -> DecIPTTL -> EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02) -> c :: Counter -> Discard;
rt[0] -> Discard;
rt[2] -> Discard;
rt[3] -> Discard;
