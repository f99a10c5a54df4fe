// Every UDP packet gets the number that it has in its flow.

FromDevice(inside)
  -> Strip(14) -> CheckIPHeader
  -> tally :: Tally
  -> EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02)
  -> ToDevice(outside);
FromDevice(outside) -> ToDevice(inside);
