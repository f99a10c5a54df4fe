// The IP forward chain between two interfaces, the same text for every contender: $IN and $OUT are
// interfaces, $BURST how many packets a device element handles at a time.

FromDevice($IN, METHOD LINUX, PROMISC true, BURST $BURST)
  -> Classifier(12/0800)
  -> Strip(14)
  -> CheckIPHeader
  -> rt :: RadixIPLookup(10.77.1.0/24 0, 10.77.2.0/24 1, 10.2.0.0/16 2, 0.0.0.0/0 2);

rt[1] -> DecIPTTL
  -> EtherEncap(0x0800, 02:00:00:00:00:03, 02:00:00:00:00:04)
  -> Queue(4096)
  -> ToDevice($OUT, METHOD LINUX, BURST $BURST);
rt[0] -> Discard;
rt[2] -> Discard;
