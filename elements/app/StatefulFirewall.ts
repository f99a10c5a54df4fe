/*
=c

StatefulFirewall([I<keywords>])

=s app

lets those inside open connections, and only their packets back in

=d

A firewall between an inside and an outside network that knows connections. Whoever is inside may open
one, to anywhere; of the packets from outside only those pass that belong to a connection that is open,
with the ICMP errors about it. Packets are not changed. They must be IPv4 and have their IP header
annotation set (see CheckIPHeader).

  input 0    from inside, goes to output 0
  input 1    from outside, goes to output 1
  input 2    from outside, and allowed to open a connection; goes to output 1
  output 2   what does not pass of input 1; dropped where it is not connected
  output 3   the same of input 0

Which connections those outside may open is for other elements to say: connect output 2 by way of an
IPFilter to input 2. It sees only packets that belong to no connection. What does not pass of input 2
is dropped.

Of TCP, the flags are followed: a connection begins with a SYN, is established when its answer was
answered, and ends with a FIN of both sides, or RST. As a RST may be forged, it only shortens the
time after which the connection is forgotten. The sequence numbers are not looked at. UDP, SCTP and
DCCP are told apart by addresses and ports; ICMP queries (echo, timestamp, information, address mask)
by their identifiers, and only requests open one; other protocols by their addresses alone. An ICMP
error passes if the packet that it quotes belongs to a connection and was sent the other way.

All fragments but the first have no ports, and do not pass: put an IPReassembler in front. TCP packets
without all of their flags, and with flags that no connection has, do not pass either.

A connection is one row of a table, found by packets of both directions, and moves with its bucket. At
capacity a new one displaces one that has not come about yet (no answer, or over); where all that are
looked at have, it does not pass. Keyword arguments are:

=over 8

=item TCP_ESTABLISHED_TIMEOUT

Idle time, in seconds or with a unit, after which an established TCP connection is forgotten. Default is
7440, two hours and four minutes: the least that RFC 5382 allows.

=item TCP_SYN_TIMEOUT

The same of one that is not established yet. Default is 240, the least of RFC 5382.

=item TCP_FIN_TIMEOUT

The same of one that a side has ended. Default is 240.

=item TCP_RST_TIMEOUT

The same after a RST. Default is 240, as RFC 7857 recommends.

=item UDP_TIMEOUT

Idle time of UDP and other protocols with ports. Default is 300, as RFC 4787 recommends; it allows no
less than 120.

=item ICMP_TIMEOUT

Idle time of ICMP queries. Default is 60, the least that RFC 5508 allows.

=item OTHER_TIMEOUT

Idle time of all other protocols. Default is 300.

=item CAPACITY

Integer. The most connections held at once. Default is 524288, at most 4194304.

=back

=h connections read-only

Returns the connections, a line each: protocol, inside end, '>' where that one opened it or '<', outside
end, state, the seconds since its last packet and until it is forgotten. Takes a while if they are many.

=h states read-only

Returns how many connections are in each state, a line each: 'tcp established 12'.

=h count read-only

Returns the number of connections held. Those that have timed out count until they are swept, which
happens all the time.

=h capacity read-only

Returns CAPACITY.

=h drops read-only

Returns the number of packets dropped. The counts by reason, below, also have those that went to outputs
2 and 3.

=h opened read-only

Returns the number of connections that were opened.

=h refused read-only

Returns the number of packets that did not pass because they belong to no connection, and may not open
one.

=h invalid read-only

Returns the number of TCP packets that did not pass because of their flags.

=h unsupported read-only

Returns the number of packets that did not pass because they cannot be told: fragments, cut headers, ICMP
messages that are neither a query nor about a packet.

=h overflow read-only

Returns the number of packets that did not pass because the table was full.

=h displaced read-only

Returns the number of connections that went at capacity to make room for a new one.

=h clear write-only

Forgets all connections.

=e

  fw :: StatefulFirewall(UDP_TIMEOUT 60);
  FromDevice(inside) -> Strip(14) -> CheckIPHeader -> [0]fw;
  FromDevice(outside) -> Strip(14) -> CheckIPHeader -> [1]fw;
  fw[2] -> IPFilter(allow dst tcp port 22, deny all) -> [2]fw;

=a IPFilter, IPRewriter, IPReassembler, CheckIPHeader
*/

import { arg, element } from '../../dataplane/element.ts'
import {
  FIREWALL_CONNECTIONS_DEFAULT,
  FIREWALL_CONNECTIONS_MAX,
  FIREWALL_SEEN_MS,
} from '../../lib/limits.ts'
import { readIp } from '../lib/arp.ts'
import { openConnection, stopped } from '../lib/conn-open.ts'
import { related } from '../lib/conn-related.ts'
import { idleByState, isNonsense } from '../lib/conn-states.ts'
import {
  connectionsTable,
  follow,
  hasPorts,
  type IdlePlan,
  isOver,
  portsInside,
  queryOf,
} from '../lib/conn-table.ts'
import { connectionsText, statesText } from '../lib/conn-text.ts'
import { ICMP, TCP } from '../lib/rewriter-packet.ts'

export default element({
  name: 'StatefulFirewall',
  ports: '2-3/2-4',
  processing: 'h/h',

  config: {
    TCP_ESTABLISHED_TIMEOUT: arg.seconds(7_440),
    TCP_SYN_TIMEOUT: arg.seconds(240),
    TCP_FIN_TIMEOUT: arg.seconds(240),
    TCP_RST_TIMEOUT: arg.seconds(240),
    UDP_TIMEOUT: arg.seconds(300),
    ICMP_TIMEOUT: arg.seconds(60),
    OTHER_TIMEOUT: arg.seconds(300),
    CAPACITY: arg.count(FIREWALL_CONNECTIONS_DEFAULT),
  },

  counters: {
    drops: 'packets dropped: they did not pass, and output 2 or 3 is not connected',
    opened: 'connections opened',
    refused: 'packets of no connection that may not open one',
    invalid: 'TCP packets with flags that no connection has',
    unsupported: 'packets that cannot be told: fragments, cut headers, other ICMP',
    overflow: 'packets that found the table full',
    displaced: 'connections that went to make room',
  },

  state: { connections: connectionsTable },

  configure(config, context): IdlePlan {
    const { CAPACITY } = config
    if (CAPACITY < 1 || CAPACITY > FIREWALL_CONNECTIONS_MAX)
      context.error(`CAPACITY must be between 1 and ${FIREWALL_CONNECTIONS_MAX}`)
    const ms = idleByState(config).map((s) => Math.round(s * 1000))
    const coarseMs = Math.min(FIREWALL_SEEN_MS, Math.floor(Math.min(...ms) / 8))
    const idleMs = ms.map((idle) => idle + coarseMs)
    return { idleMs, shortestMs: Math.min(...idleMs), coarseMs }
  },

  route(self, p, input) {
    const m = p.mem
    const n = p.net
    if (n < 0 || ((m[n + 6]! & 0x1f) | m[n + 7]!) !== 0) return stopped(self, input, 'unsupported')
    const t = n + ((m[n]! & 15) << 2)
    const proto = m[n + 9]!
    if (t + headerLength(proto) > p.end) return stopped(self, input, 'unsupported')
    const fromOutside = input !== 0
    if (proto === TCP) {
      if (isNonsense(m[t + 13]!)) return stopped(self, input, 'invalid')
    } else if (proto === ICMP && queryOf(m[t]!) === 0) return related(self, p, t, input)
    const ports = portsInside(m, t, proto, fromOutside)
    const inside = readIp(m, fromOutside ? n + 16 : n + 12)
    const outside = readIp(m, fromOutside ? n + 12 : n + 16)
    const row = self.state.connections.get(inside, outside, ports, proto)
    if (row === null || isOver(self, row) || !follow(row, proto, m[t + 13]!, fromOutside))
      return openConnection(self, p, t, input, inside, outside, ports, proto)
    const now = self.router.nowMs
    if (now - row.seen >= self.plan.coarseMs) row.seen = now
    return fromOutside ? 1 : 0
  },

  handlers: {
    connections: { read: connectionsText },
    states: { read: statesText },
    count: { read: (self) => String(self.state.connections.size) },
    capacity: { read: (self) => String(self.config.CAPACITY) },
    clear: { button: true, write: (self) => self.state.connections.clear() },
  },
})

/** Bytes that a packet must have after its IP header: TCP up to the end of its flags and more. */
function headerLength(proto: number): number {
  if (proto === TCP) return 20
  return proto === ICMP || hasPorts(proto) ? 8 : 0
}
