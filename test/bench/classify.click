// IPClassifier with 20 patterns, CPU only: packets of file $FLOWS go round. $N rounds of a packet,
// then the router stops.

FromIPSummaryDump($FLOWS, CHECKSUM true)
  -> q :: Queue(16000)
  -> Unqueue(BURST 32)
  -> cl :: IPClassifier(
       icmp type echo, icmp, tcp dst port 80, tcp dst port 443, tcp dst port 22 and syn,
       tcp dst port 25 or 587, tcp src port 80, udp dst port 53, udp src port 53,
       udp dst port 123 and src net 10.0.0.0/8, dst host 192.0.2.1, dst host 192.0.2.2,
       dst net 198.18.0.0/24, dst net 198.18.1.0/24, src net 10.1.0.0/16 and dst net 198.18.0.0/15,
       ip proto 47, ip proto 50, tcp opt syn, udp, -)
  -> c :: Counter(COUNT_CALL $N stop)
  -> q;
cl[1], cl[2], cl[3], cl[4], cl[5], cl[6], cl[7], cl[8], cl[9], cl[10], cl[11], cl[12], cl[13], cl[14],
cl[15], cl[16], cl[17], cl[18], cl[19] -> c;
