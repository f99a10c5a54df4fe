// Firewall with as many connections as $NET has addresses, CPU only: each packet is of a random one,
// from inside. $N packets, then the router stops. As nat-many.click, for comparison.

InfiniteSource(DATA \<4500002e 00000000 40110000 0a000002 0a010203 04d2162e 001a0000 00000000 00000000 00000000 00000000 0000>,
               LIMIT $N, BURST 32, STOP true)
  -> SetRandIPAddress($NET)
  -> StoreIPAddress(16)
  -> SetIPChecksum
  -> CheckIPHeader
  -> fw :: StatefulFirewall(CAPACITY 4194304)
  -> Counter
  -> Discard;
Idle -> [1]fw[1] -> Discard;
