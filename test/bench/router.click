// The standard IP router of four networks, CPU only: ARP, ICMP errors, redirects, fragmentation. The
// devices are a source on network 0, of frames for a host on network 1, and ends for what is sent.
// $N packets, then the router stops.

// The router begins once the host on network 1 is known.
Script(write net1/arpq.insert 18.26.1.99 00:00:00:00:01:99, write src.active true);
tee :: Tee(5);
rt :: RadixIPLookup(18.26.0.1/32 0, 18.26.1.1/32 0, 18.26.2.1/32 0, 18.26.3.1/32 0,
                    18.26.0.255/32 0, 18.26.1.255/32 0, 18.26.2.255/32 0, 18.26.3.255/32 0,
                    18.26.0.0/24 1, 18.26.1.0/24 2, 18.26.2.0/24 3, 18.26.3.0/24 4,
                    255.255.255.255/32 0, 0.0.0.0/0 18.26.1.99 2);

elementclass Net { $ip, $eth, $n |
  // [0] frames that came in; [1] IP packets that go out. Out: [0] IP that came in, [1] frames to send,
  // [2] ARP replies for all, [3] IP to this host's own stack.
  input[0] -> cl :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
  arpq :: ARPQuerier($ip, $eth);
  cl[0] -> ARPResponder($ip $eth) -> [1] output;
  cl[1] -> [2] output;
  cl[2] -> Paint($n) -> Strip(14) -> CheckIPHeader(INTERFACES 18.26.0.1/24 18.26.1.1/24 18.26.2.1/24 18.26.3.1/24) -> [0] output;
  cl[3] -> Discard;
  input[1] -> DropBroadcasts
    -> cp :: PaintTee($n)
    -> gio :: IPGWOptions($ip)
    -> FixIPSrc($ip)
    -> dt :: DecIPTTL
    -> fr :: IPFragmenter(1500)
    -> arpq
    -> [1] output;
  input[2] -> [1] arpq;
  cp[1] -> ICMPError($ip, redirect, host) -> [0] output;
  gio[1] -> ICMPError($ip, parameterproblem) -> [0] output;
  dt[1] -> ICMPError($ip, timeexceeded) -> [0] output;
  fr[1] -> ICMPError($ip, unreachable, needfrag) -> [0] output;
  arpq[1] -> [1] output;
}

net0 :: Net(18.26.0.1, 00:00:00:00:00:01, 1);
net1 :: Net(18.26.1.1, 00:00:00:00:01:01, 2);
net2 :: Net(18.26.2.1, 00:00:00:00:02:01, 3);
net3 :: Net(18.26.3.1, 00:00:00:00:03:01, 4);

src :: InfiniteSource(DATA \<000000000001 000000000099 0800 4500002e 00000000 40110000 121a0063 121a0163 04d2162e 001a0000 00000000 00000000 00000000 00000000 0000>,
               LIMIT $N, BURST 32, STOP true, ACTIVE false)
  -> Strip(14) -> SetIPChecksum -> Unstrip(14)
  -> net0;
Idle -> net1; Idle -> net2; Idle -> net3;

net0[0], net1[0], net2[0], net3[0] -> GetIPAddress(16) -> rt;
rt[0] -> EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> Discard;
rt[1] -> [1] net0; rt[2] -> [1] net1; rt[3] -> [1] net2; rt[4] -> [1] net3;
net0[1], net1[1], net2[1], net3[1] -> Counter -> Discard;
net0[2], net1[2], net2[2], net3[2] -> tee;
tee[0] -> [2] net0; tee[1] -> [2] net1; tee[2] -> [2] net2; tee[3] -> [2] net3; tee[4] -> Discard;
