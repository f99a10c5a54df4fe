// A firewall that routes between an inside ($IN_NET) and an outside network, without translation.
//
//   inside ──▶ Classifier ──▶ own address? ──▶ [0]    [0] ──▶ TTL ──▶ route ──▶ ARP ──▶ outside
//                                               fw
//   inside ◀── ARP ◀── TTL ◀──────────────────[1]    [1] ◀── own address? ◀── Classifier ◀── outside
//                                              [2]──▶ rules ──▶ [2]
//
// Those inside may open connections. Which ones those outside may open says $ALLOW, IPFilter's rules;
// they see only packets that belong to no connection.

define($IN_IP 10.77.1.1, $IN_NET 10.77.1.0/24, $IN_ETH 02:00:00:77:01:01,
       $OUT_IP 10.77.2.1, $OUT_NET 10.77.2.0/24, $OUT_ETH 02:00:00:77:02:01,
       $GATEWAY 10.77.2.2, $ALLOW deny all);

fw :: StatefulFirewall;

in_arp :: ARPQuerier($IN_IP, $IN_ETH, BROADCAST 10.77.1.255);
out_arp :: ARPQuerier($OUT_IP, $OUT_ETH, BROADCAST 10.77.2.255);
to_inside :: ToDevice(inside);
to_outside :: ToDevice(outside);
in_arp -> to_inside;
out_arp -> to_outside;
out_route :: RadixIPLookup($OUT_NET 0, 0.0.0.0/0 $GATEWAY 0) -> out_arp;

// From inside: ARP requests, ARP replies, IP.
FromDevice(inside) -> in_class :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
in_class[0] -> ARPResponder($IN_IP $IN_ETH) -> to_inside;
in_class[1] -> [1]in_arp;
in_class[2] -> Strip(14) -> CheckIPHeader(INTERFACES 10.77.1.1/24)
  -> in_own :: IPClassifier(dst host $IN_IP and icmp type echo,
                            dst host $IN_IP or dst net $IN_NET or dst net 224.0.0.0/3, -);
in_class[3] -> Discard;
in_own[0] -> ICMPPingResponder -> in_arp;
in_own[1] -> Discard;
in_own[2] -> spoofed :: IPClassifier(src net $IN_NET, -) -> [0]fw;
spoofed[1] -> Discard;

// From outside.
FromDevice(outside) -> out_class :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
out_class[0] -> ARPResponder($OUT_IP $OUT_ETH) -> to_outside;
out_class[1] -> [1]out_arp;
out_class[2] -> Strip(14) -> CheckIPHeader(INTERFACES 10.77.2.1/24)
  -> out_own :: IPClassifier(dst host $OUT_IP and icmp type echo, dst net $IN_NET, -);
out_class[3] -> Discard;
out_own[0] -> ICMPPingResponder -> out_route;
out_own[1] -> [1]fw;
out_own[2] -> Discard;

fw[0] -> in_ttl :: DecIPTTL -> out_route;
in_ttl[1] -> ICMPError($IN_IP, timeexceeded) -> in_arp;
fw[1] -> out_ttl :: DecIPTTL -> in_arp;
out_ttl[1] -> ICMPError($OUT_IP, timeexceeded) -> out_route;
fw[2] -> asked :: Counter -> rules :: IPFilter($ALLOW) -> [2]fw;
