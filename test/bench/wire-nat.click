// NAT between two interfaces, both directions, the same text for every contender: $IN is inside,
// $OUT outside; $BURST is how many packets a device element handles at a time.

nat :: IPRewriter(pattern 10.77.2.1 1024-65535 - - 0 1, drop);

FromDevice($IN, METHOD LINUX, PROMISC true, BURST $BURST)
  -> Classifier(12/0800)
  -> Strip(14)
  -> CheckIPHeader
  -> DecIPTTL
  -> [0]nat[0]
  -> EtherEncap(0x0800, 02:00:00:00:00:03, 02:00:00:00:00:04)
  -> Queue(4096)
  -> ToDevice($OUT, METHOD LINUX, BURST $BURST);

FromDevice($OUT, METHOD LINUX, PROMISC true, BURST $BURST)
  -> Classifier(12/0800)
  -> Strip(14)
  -> CheckIPHeader
  -> DecIPTTL
  -> [1]nat[1]
  -> EtherEncap(0x0800, 02:00:00:00:00:02, 02:00:00:00:00:01)
  -> Queue(4096)
  -> ToDevice($IN, METHOD LINUX, BURST $BURST);
