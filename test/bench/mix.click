// A mix of UDP and TCP packets of 64, 576 and 1,500 bytes, CPU only: headers and checksums are
// checked, UDP and TCP go through rewriters of their own kind, and a second one puts the source back.
// $N rounds of a packet, then the router stops.

FromIPSummaryDump($FLOWS, CHECKSUM true)
  -> q :: Queue(16000)
  -> Unqueue(BURST 32)
  -> CheckIPHeader
  -> cl :: IPClassifier(tcp, udp);
cl[0] -> CheckTCPHeader -> hide :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 0)
  -> restore :: IPRewriter(pattern 10.0.0.2 5000 - - 0 0)
  -> c :: Counter(COUNT_CALL $N stop)
  -> q;
cl[1] -> CheckUDPHeader -> hide;
