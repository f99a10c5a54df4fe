// A firewall, CPU only: packets of file $FLOWS go round through an IPFilter with the rules of file
// $RULES. $N rounds of a packet, then the router stops.

FromIPSummaryDump($FLOWS, CHECKSUM true)
  -> q :: Queue(16000)
  -> Unqueue(BURST 32)
  -> f :: IPFilter($RULES)
  -> c :: Counter(COUNT_CALL $N stop)
  -> q;
f[1] -> c;
