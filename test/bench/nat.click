// NAT, CPU only: packets of the flows in file $FLOWS go round through two rewriters. The first hides
// their source behind one outside address, the second puts it back, so that each round begins with
// the same packets. Flows differ in their destination. $N rounds of a packet, then the router stops.

FromIPSummaryDump($FLOWS, CHECKSUM true)
  -> q :: Queue(16000)
  -> Unqueue(BURST 32)
  -> CheckIPHeader
  -> hide :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 0)
  -> restore :: IPRewriter(pattern 10.0.0.2 5000 - - 0 0)
  -> Counter(COUNT_CALL $N stop)
  -> q;
