// NAT, version 2: hides the network inside ($IN_NET) behind one outside address ($OUT_IP).
//
//   inside ──▶ Classifier ──▶ own address? ──▶ filter ──▶ TTL ──▶ [0]        [0] ──▶ route ──▶ ARP ──▶ outside
//                                                                     nat
//   inside ◀── ARP ◀── TTL ◀─────────────────────────────────────── [1]        [1] ◀── Classifier ◀── outside
//
// New since version 1 (v1/nat.click): telnet is not let out, packets are counted each way (out, in),
// and IPRewriter counts packets and bytes of each mapping, which changes its table's layout.

define($IN_IP 10.77.1.1, $IN_NET 10.77.1.0/24, $IN_ETH 02:00:00:77:01:01,
       $OUT_IP 10.77.2.1, $OUT_NET 10.77.2.0/24, $OUT_ETH 02:00:00:77:02:01,
       $GATEWAY 10.77.2.2);

// From outside, what belongs to no mapping is passed to output 2: it is for the NAT itself, or junk.
nat :: IPRewriter(pattern $OUT_IP 1024-65535 - - 0 1, pass 2);

in_arp :: ARPQuerier($IN_IP, $IN_ETH, BROADCAST 10.77.1.255);
out_arp :: ARPQuerier($OUT_IP, $OUT_ETH, BROADCAST 10.77.2.255);
to_inside :: ToDevice(inside);
to_outside :: ToDevice(outside);
in_arp -> to_inside;
out_arp -> to_outside;

// What leaves to the outside: on its network directly, elsewhere by the gateway.
out_route :: RadixIPLookup($OUT_NET 0, 0.0.0.0/0 $GATEWAY 0) -> out_arp;

// From inside: ARP requests, ARP replies, IP.
FromDevice(inside) -> in_class :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
in_class[0] -> ARPResponder($IN_IP $IN_ETH) -> to_inside;
in_class[1] -> [1]in_arp;
in_class[2] -> Strip(14)
  -> CheckIPHeader(INTERFACES 10.77.1.1/24)
  -> in_own :: IPClassifier(dst host $IN_IP and icmp type echo, dst host $IN_IP,
                            dst net $IN_NET or dst net 224.0.0.0/3, -);
in_class[3] -> Discard;

in_own[0] -> ICMPPingResponder -> in_arp;
in_own[1] -> ICMPError($IN_IP, unreachable, port) -> in_arp;
in_own[2] -> Discard; // of the network itself, multicast, broadcast
in_own[3] -> filter :: IPFilter(deny tcp and dst port 23, allow all)
  -> in_ttl :: DecIPTTL -> [0]nat;
in_ttl[1] -> ICMPError($IN_IP, timeexceeded) -> in_arp;
nat[0] -> out :: Counter -> out_route;

// From outside.
FromDevice(outside) -> out_class :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
out_class[0] -> ARPResponder($OUT_IP $OUT_ETH) -> to_outside;
out_class[1] -> [1]out_arp;
out_class[2] -> Strip(14) -> CheckIPHeader(INTERFACES 10.77.2.1/24) -> [1]nat;
out_class[3] -> Discard;

// An error about a packet that was rewritten already goes back through the rewriter, which makes it
// speak of the packet as the outside knows it.
nat[1] -> in :: Counter -> out_ttl :: DecIPTTL -> in_arp;
out_ttl[1] -> ICMPError($IN_IP, timeexceeded) -> [0]nat;

nat[2] -> out_own :: IPClassifier(dst host $OUT_IP and icmp type echo, -);
out_own[0] -> ICMPPingResponder -> out_route;
out_own[1] -> unknown :: Counter -> Discard;
