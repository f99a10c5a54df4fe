/*
=c

ARPQuerier(IP, ETH [, I<keywords>])
ARPQuerier(NAME [, I<keywords>])

=s arp

encapsulates IP packets in Ethernet headers found via ARP

=d

Input 0 takes IP packets with their destination address annotation set. Where the Ethernet address
of that destination is known, the packet gets an Ethernet header and goes to output 0; otherwise it
is held, and an ARP query goes to output 1, or to output 0 where there is only one. Input 1 takes
ARP replies, with their Ethernet header: what they say is recorded, and packets that waited for it
are sent, in order.

IP is this host's address, with a prefix or without, and ETH its Ethernet address; NAME is a name
that AddressInfo defines for both.

Packets to 0.0.0.0 are dropped. Packets to 255.255.255.255 and to BROADCAST go to
FF-FF-FF-FF-FF-FF, multicast ones to 01-00-5E and the lower 23 bits of their address (RFC 1112). At
most 10 queries a second are sent for an address.

What was learnt is a table of scope shared: a new replica starts with what the old one knew. Packets
that wait move with their buckets.

Keyword arguments are:

=over 8

=item CAPACITY

Unsigned integer. Packets held at most; when one more comes, the oldest is dropped. Default is 2048;
0 is a quarter of the packet pool.

=item ENTRY_CAPACITY

Unsigned integer. Addresses kept at most; for a new one the oldest goes. Default is 0: as many as
fit, 65536.

=item ENTRY_PACKET_CAPACITY

Unsigned integer. Packets held for one address at most. Default is 0: up to CAPACITY.

=item TIMEOUT

Time after which what was learnt is no longer used. Default is 5 minutes; 0 is never.

=item POLL_TIMEOUT

Age from which an address in use is asked for again, so that it is confirmed before it expires.
Default is 1 minute; 0 is never.

=item BROADCAST

IP address. The local broadcast address. Default follows from IP's prefix, if it has one.

=item BROADCAST_POLL

Boolean. If true, such polls are broadcast too; by default they go to the known Ethernet address.

=back

=h ipaddr read-only

Returns this host's address.

=h broadcast read-only

Returns the local broadcast address.

=h table read-only

Returns the entries, one a line: IP address, 1 if it may be used and 0 if not, Ethernet address,
seconds since it was last updated.

=h stats read-only

Returns the number of packets dropped and of queries sent.

=h queries read-only

Returns the number of queries sent.

=h responses read-only

Returns the number of replies taken in.

=h drops read-only

Returns the number of packets dropped: held too long or too many, or to 0.0.0.0.

=h no_headroom read-only

Returns the number of packets dropped for want of room for the header.

=h count read-only

Returns the number of entries.

=h length read-only

Returns the number of packets held.

=h insert write-only

Adds an entry: "IP ETH".

=h delete write-only

Deletes the entry of an IP address.

=h clear write-only

Deletes all entries and drops the packets that wait.

=e

  c :: Classifier(12/0806 20/0002, 12/0800, ...);
  a :: ARPQuerier(18.26.4.24, 00:00:C0:AE:67:EF);
  c[0] -> [1]a;
  c[1] -> ... -> [0]a;
  a -> ... -> ToDevice(eth0);

=a ARPResponder, EtherEncap
*/

import { packets, table } from '../../dataplane/declare.ts'
import { arg, DROP, element, KEPT } from '../../dataplane/element.ts'
import { parseEth, parseIp, splitSpaces } from '../../lib/click/args.ts'
import { arpOperation, REPLY, readIp, SENDER_ETH, SENDER_IP } from '../lib/arp.ts'
import {
  ENTRIES_MAX,
  encapsulate,
  held,
  learn,
  poll,
  release,
  sweepWaiting,
  tableText,
  usable,
  WAITED_FOR,
  WAITING_MAX,
  wait,
} from '../lib/arp-table.ts'
import { hostPlan } from '../lib/host.ts'
import { ipText } from '../lib/text.ts'

export default element({
  name: 'ARPQuerier',
  ports: '2/1-2',
  processing: 'h/h',
  flow: 'xy/x',
  config: {
    IP: arg.text().at().must(),
    ETH: arg.text('').at(),
    CAPACITY: arg.count(2048),
    ENTRY_CAPACITY: arg.count(0),
    ENTRY_PACKET_CAPACITY: arg.count(0),
    TIMEOUT: arg.seconds(300),
    POLL_TIMEOUT: arg.seconds(60),
    BROADCAST: arg.ip(0),
    BROADCAST_POLL: arg.bool(false),
  },
  counters: {
    queries: 'ARP queries sent',
    responses: 'ARP replies taken in',
    drops: 'packets dropped: held too long or too many, or to 0.0.0.0',
    no_headroom: 'packets dropped for want of room for the header',
  },
  state: {
    // A row without KNOWN is an address that is being asked for.
    entries: table({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      key: { ip: 'i32' },
      row: { high: 'u16', low: 'i32', flags: 'u8', seen: 'time', asked: 'time' },
      capacity: ENTRIES_MAX,
      // Later than TIMEOUT: until then the entry is polled, and is shown as invalid.
      expire: { idle: 'seen', after: 1, afterOf: (self) => retention(self.config.TIMEOUT) },
    }),
    waiting: packets({ capacity: 'waitingMax' }),
  },

  configure(config, context) {
    return {
      ...hostPlan(config.IP, config.ETH, config.BROADCAST, context),
      waitingMax: config.CAPACITY || WAITING_MAX,
      timeoutMs: config.TIMEOUT > 0 ? config.TIMEOUT * 1000 : Number.POSITIVE_INFINITY,
      pollMs: config.POLL_TIMEOUT > 0 ? config.POLL_TIMEOUT * 1000 : Number.POSITIVE_INFINITY,
    }
  },

  route(self, p, port) {
    if (port === 1) {
      if (arpOperation(p) === REPLY) {
        self.counters.responses++
        const m = p.mem
        const eth = p.off + SENDER_ETH
        // A group address is nobody's own.
        if ((m[eth]! & 1) === 0)
          learn(
            self,
            readIp(m, p.off + SENDER_IP),
            (m[eth]! << 8) | m[eth + 1]!,
            readIp(m, eth + 2),
          )
      }
      return DROP
    }
    const dst = p.dst
    const entry = self.state.entries.get(dst)
    if (entry !== null && usable(self, entry)) {
      const { high, low } = entry
      if ((entry.flags & WAITED_FOR) !== 0) {
        entry.flags &= ~WAITED_FOR
        release(self, dst, high, low)
      }
      if (self.router.nowMs - entry.seen >= self.plan.pollMs) poll(self, dst, high, low)
      return encapsulate(self, p, high, low)
    }
    if (dst === 0) {
      self.counters.drops++
      return DROP
    }
    if (dst === -1 || dst === self.plan.broadcast) return encapsulate(self, p, 0xffff, -1)
    if (dst >>> 28 === 14) return encapsulate(self, p, 0x0100, 0x5e000000 | (dst & 0x7fffff))
    wait(self, p)
    return KEPT
  },

  initialize(self) {
    sweepWaiting(self)
  },

  timer(self) {
    sweepWaiting(self)
  },

  handlers: {
    ipaddr: { read: (self) => ipText(self.plan.ip) },
    broadcast: { read: (self) => ipText(self.plan.broadcast) },
    table: { read: (self) => tableText(self) },
    stats: {
      read: (self) =>
        `${self.counters.drops} packets killed\n${self.counters.queries} ARP queries sent\n`,
    },
    count: { read: (self) => String(self.state.entries.size) },
    length: { read: (self) => String(self.state.waiting.length) },
    insert: {
      write(self, value) {
        const [ipWord, ethWord] = splitSpaces(value)
        const ip = parseIp(ipWord ?? '')
        const eth = parseEth(ethWord ?? '')
        if (ip === null || eth === null) throw new Error(`'${value}' is not 'IP ETH'`)
        learn(self, ip, (eth[0]! << 8) | eth[1]!, readIp(eth, 2))
      },
    },
    delete: {
      write(self, value) {
        const ip = parseIp(value.trim())
        if (ip === null) throw new Error(`'${value}' is not an IP address`)
        if (!self.state.entries.remove(ip)) throw new Error(`no entry for ${ipText(ip)}`)
        held(self, ip, Number.POSITIVE_INFINITY)
      },
    },
    clear: {
      button: true,
      write(self) {
        self.state.entries.clear()
        sweepWaiting(self)
      },
    },
  },
})

/** Seconds that an entry is kept after its last reply. */
function retention(timeout: number): number {
  return timeout > 0 ? timeout * 2 + 60 : Number.POSITIVE_INFINITY
}
