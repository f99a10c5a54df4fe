/*
=c

ARPQuerier(IP, ETH [, I<keywords>])
ARPQuerier(NAME [, I<keywords>])

=s arp

gives IP packets their Ethernet header, and asks for the address by ARP

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
most 10 queries a second are sent for an address, and one in 2 seconds after 10 without a reply.
Queries have the time and the VLAN_TCI annotation of the packet that they are for.

What was learnt is a table of scope shared: a new replica starts with what the old one knew. Packets
that wait move with their buckets.

Keyword arguments are:

=over 8

=item TABLE

Name of an ARPTable, which then holds entries and packets in place of this element; several
ARPQueriers may share it. CAPACITY, ENTRY_CAPACITY, ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR and
TIMEOUT are then the table's own.

=item CAPACITY

Unsigned integer. Packets held at most. Default is 2048; 0 is a quarter of the packet pool.

=item ENTRY_CAPACITY

Unsigned integer. Addresses kept at most; for a new one the oldest goes. Default is 0: as many as
fit, 65536.

=item ENTRY_PACKET_CAPACITY

Unsigned integer. Packets held for one address at most; further ones are dropped. Default is 0: up
to CAPACITY.

=item CAPACITY_SLIM_FACTOR

Unsigned integer. When CAPACITY is passed, one in so many of the packets held is dropped, those of
the oldest entries first. Default is 2.

=item TIMEOUT

Time after which what was learnt is no longer used. Default is 5 minutes; 0 is never.

=item POLL_TIMEOUT

Age from which an address in use is asked for again, so that it is confirmed before it expires.
Default is 1 minute; 0 is never.

=item BROADCAST

IP address. The local broadcast address. Default follows from IP's prefix, if it has one, and
is 255.255.255.255 otherwise.

=item BROADCAST_POLL

Boolean. If true, such polls are broadcast too; by default they go to the known Ethernet address.

=back

=h ipaddr read/write

Returns or sets this host's address.

=h broadcast read/write

Returns or sets the local broadcast address.

=h table read-only

Returns the entries, one a line: IP address, 1 if it may be used and 0 if not, Ethernet address,
seconds since it was last updated.

=h stats read-only

Returns the number of packets dropped, by the table too, and of queries sent.

=h queries read-only

Returns the number of queries sent.

=h responses read-only

Returns the number of packets that came to input 1 and may be replies.

=h drops read-only

Returns the number of packets dropped because they were to 0.0.0.0 or had no room for the header.

=h table_drops read-only

Returns the number of packets that this element's own table dropped: held too long, or too many.

=h no_headroom read-only

Returns the number of packets dropped for want of room for the header.

=h count read-only

Returns the number of entries.

=h length read-only

Returns the number of packets held.

=h insert write-only

Adds an entry: "IP ETH".

=h delete write-only

Says that an IP address is no longer known: "IP".

=h clear write-only

Deletes all entries, drops the packets that wait and sets the counts of this element to 0.

=e

  c :: Classifier(12/0806 20/0002, 12/0800, ...);
  a :: ARPQuerier(18.26.4.24, 00:00:C0:AE:67:EF);
  c[0] -> [1]a;
  c[1] -> ... -> [0]a;
  a -> ... -> ToDevice(eth0);

=a ARPTable, ARPResponder, EtherEncap
*/

import {
  arg,
  DROP,
  element,
  KEPT,
  type PushFn,
  type RouterServices,
} from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseArgs, parseIp } from '../../lib/click/args.ts'
import {
  ARP_LENGTH,
  arpOperation,
  copyEth,
  makeRequest,
  REPLY,
  readIp,
  SENDER_ETH,
  SENDER_IP,
  writeEth,
} from '../lib/arp.ts'
import {
  type ArpOwner,
  ArpStore,
  type ArpTablePlan,
  arpTableConfig,
  arpTablePlan,
  arpTableState,
  KNOWN,
  TICK_MS,
  WAITED_FOR,
} from '../lib/arp-table.ts'
import { arpTableHandlers, insertEntry } from '../lib/arp-table-handlers.ts'
import { type Host, hostPlan } from '../lib/host.ts'
import { ipText } from '../lib/text.ts'
import { setVlanTci, vlanTci } from '../lib/vlan.ts'

/** Addresses may stand before the keywords or behind them. */
const addresses = { IP: arg.text().at().must(), ETH: arg.text('').at() }
const keywords = {
  ...arpTableConfig,
  BROADCAST: arg.ip(0),
  TABLE: arg.element(''),
  POLL_TIMEOUT: arg.seconds(60),
  BROADCAST_POLL: arg.bool(false),
}

/** Is the argument given by one of the keywords? */
const isNamed = (text: string): boolean =>
  Object.hasOwn(keywords, /^\w+(?=\s)/.exec(text)?.[0] ?? '')

interface Resource {
  /** Null: that of TABLE, which is opened by itself, has not been asked for yet. */
  store: ArpStore | null
  readonly eth: Uint8Array
  ip: number
  broadcast: number
  /** A packet to 0.0.0.0 has been reported. */
  warned: boolean
}

export default element({
  name: 'ARPQuerier',
  ports: '2/1-2',
  processing: 'h/h',
  flow: 'xy/x',
  config: 'raw',
  counters: {
    queries: 'ARP queries sent',
    responses: 'packets to input 1 that may be ARP replies',
    drops: 'packets to 0.0.0.0, or without room for the header',
    no_headroom: 'packets dropped for want of room for the header',
    table_drops: 'packets that were held too long, or too many',
  },
  state: arpTableState,
  local: 'addresses that handlers may change, and where the table is',
  reconfigures: true,

  configure(_config, context) {
    const named = context.args.filter(isNamed)
    const config = parseArgs(keywords, named, context)
    const rest = context.args.filter((text) => !isNamed(text))
    const host = parseArgs(addresses, rest, context)
    // Where it is missing that has been said: any address will do to look for further mistakes.
    const ip = host.IP ?? '0.0.0.0'
    const eth = host.IP === undefined ? '0:0:0:0:0:0' : host.ETH
    const { TABLE } = config
    const found = TABLE === '' ? null : context.find(TABLE)
    if (found !== null && found.className !== 'ARPTable')
      context.error(`TABLE: element '${TABLE}' is not an ARPTable`)
    return {
      ...hostPlan(ip, eth, config.BROADCAST, context),
      ...arpTablePlan(config, context),
      pollMs: config.POLL_TIMEOUT > 0 ? config.POLL_TIMEOUT * 1000 : Number.POSITIVE_INFINITY,
      broadcastPoll: config.BROADCAST_POLL,
      table: found?.name ?? '',
    }
  },

  open: (self): Resource => open(self),

  adopt: (self, old): Resource => ({ ...old.resource, store: open(self).store }),

  route(self, p, port) {
    if (port === 1) {
      takeReply(self, p)
      return DROP
    }
    const store = self.resource.store ?? storeOf(self)
    const dst = p.dst
    const entry = self.resource.ip === 0 ? null : store.entries.get(dst)
    const age = entry === null ? 0 : self.router.nowMs - entry.seen
    if (entry !== null && (entry.flags & KNOWN) !== 0 && age < store.expiredMs) {
      const { high, low } = entry
      const asks = age >= self.plan.pollMs && store.poll(entry)
      // Nobody overtakes what waits.
      if ((entry.flags & WAITED_FOR) !== 0) sendHeld(self, store, dst)
      if (asks) {
        if (self.plan.broadcastPoll) ask(self, dst, p.timeUs, vlanTci(p), 0xffff, -1)
        else ask(self, dst, p.timeUs, vlanTci(p), high, low)
      }
      return encapsulate(self, p, high, low)
    }
    if (dst === -1 || dst === self.resource.broadcast) return encapsulate(self, p, 0xffff, -1)
    if (dst >>> 28 === 14) return encapsulate(self, p, 0x0100, 0x5e000000 | (dst & 0x7fffff))
    if (dst === 0 || self.resource.ip === 0) return dropped(self, dst)
    // Held, the packet is no longer ours.
    const time = p.timeUs
    const tci = vlanTci(p)
    if (store.hold(p)) ask(self, dst, time, tci, 0xffff, -1)
    return KEPT
  },

  initialize(self) {
    if (self.plan.table === '') self.timerAt(self.router.nowMs + TICK_MS)
  },

  timer(self) {
    const store = storeOf(self)
    store.tick()
    if (store.waiting.length > 0) for (const ip of store.ready()) sendHeld(self, store, ip)
    self.timerAt(self.router.nowMs + TICK_MS)
  },

  handlers: {
    ipaddr: {
      read: (self) => ipText(self.resource.ip),
      write(self, value) {
        self.resource.ip = address(value)
      },
    },
    broadcast: {
      read: (self) => ipText(self.resource.broadcast),
      write(self, value) {
        self.resource.broadcast = address(value)
      },
    },
    stats: {
      read(self) {
        const { drops, queries, table_drops } = self.counters
        const { table } = self.plan
        const held = table === '' ? table_drops : self.router.element(table).counters.drops
        return `${drops + held} packets killed\n${queries} ARP queries sent\n`
      },
    },
    ...arpTableHandlers<Me>(storeOf),
    insert: {
      write(self, value) {
        const store = storeOf(self)
        sendHeld(self, store, insertEntry(store, value))
      },
    },
    clear: {
      button: true,
      write(self) {
        storeOf(self).clear()
        for (const name of ['queries', 'responses', 'drops', 'table_drops'] as const)
          self.counters[name] = 0
      },
    },
  },
})

type Plan = ArpTablePlan &
  Host & { readonly pollMs: number; readonly broadcastPoll: boolean; readonly table: string }

interface Me extends ArpOwner {
  readonly name: string
  readonly className: string
  readonly plan: Plan
  readonly counters: {
    queries: number
    responses: number
    drops: number
    no_headroom: number
    table_drops: number
  }
  readonly resource: Resource
  readonly router: RouterServices
  readonly out: readonly PushFn[]
}

function open(self: Omit<Me, 'resource'>): Resource {
  const { ip, eth, broadcast, table } = self.plan
  const count = () => {
    self.counters.table_drops++
  }
  const store = table === '' ? new ArpStore(self, count) : null
  return { store, ip, eth, broadcast, warned: false }
}

/** The table: this element's own, or that of the element TABLE. */
function storeOf(self: Me): ArpStore {
  const { resource } = self
  resource.store ??= self.router.element(self.plan.table).resource.store as ArpStore
  return resource.store
}

/** An address of a handler's value. */
function address(value: string): number {
  const ip = parseIp(value.trim())
  if (ip === null) throw new Error(`'${value}' is not an IP address`)
  return ip
}

/** A packet that cannot be asked for: to 0.0.0.0, or this host has no address. */
function dropped(self: Me, dst: number): number {
  if (dst === 0 && self.resource.ip !== 0 && !self.resource.warned) {
    self.resource.warned = true
    self.router.print(
      `${self.name} :: ${self.className}: would query for 0.0.0.0; missing dest IP addr annotation?`,
    )
  }
  self.counters.drops++
  return DROP
}

/** Puts the header on; gives back the output to send it by, or DROP. */
function encapsulate(self: Me, p: Packet, high: number, low: number): number {
  if (!p.push(14)) {
    self.counters.no_headroom++
    self.counters.drops++
    return DROP
  }
  const m = p.mem
  const off = p.off
  writeEth(m, off, high, low)
  copyEth(m, off + 6, self.resource.eth, 0)
  m[off + 12] = 0x08
  m[off + 13] = 0
  p.mac = off
  return 0
}

/** Asks for an address, by a packet with the annotations of the one that it is for. */
function ask(self: Me, dst: number, timeUs: number, tci: number, high: number, low: number): void {
  const { eth, ip } = self.resource
  const q = makeRequest(self.router.pool, eth, ip, dst, high, low)
  if (q === null) return // an empty pool: the next packet asks again
  q.timeUs = timeUs
  setVlanTci(q, tci)
  self.counters.queries++
  self.out[self.out.length - 1]!(q)
}

/** Sends what waits for an address that is known. */
function sendHeld(self: Me, store: ArpStore, ip: number): void {
  const held = store.release(ip)
  for (const p of held) {
    // Sending may change the table, so it is looked up each time.
    const entry = store.entries.get(ip)
    if (entry === null || !store.usable(entry)) {
      if (store.hold(p)) ask(self, ip, p.timeUs, vlanTci(p), 0xffff, -1)
    } else if (encapsulate(self, p, entry.high, entry.low) === DROP) self.kill(p)
    else self.out[0]!(p)
  }
}

function takeReply(self: Me, p: Packet): void {
  if (p.end - p.off < ARP_LENGTH) return
  self.counters.responses++
  const m = p.mem
  const eth = p.off + SENDER_ETH
  // A group address is nobody's own.
  if (arpOperation(p) !== REPLY || (m[eth]! & 1) !== 0) return
  const store = storeOf(self)
  const ip = readIp(m, p.off + SENDER_IP)
  store.insert(ip, (m[eth]! << 8) | m[eth + 1]!, readIp(m, eth + 2))
  sendHeld(self, store, ip)
}
