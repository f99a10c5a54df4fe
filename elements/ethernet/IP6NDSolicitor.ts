/*
=c

IP6NDSolicitor(IP, ETH)

=s ip6

encapsulates IP6 packets in Ethernet headers found via neighbour discovery

=d

Input 0 takes IPv6 packets with their destination address annotation set. Where the Ethernet address of
that destination is known, the packet gets an Ethernet header and goes to output 0; otherwise it is
held, in place of one that is held for that address already, and a neighbour solicitation goes to
output 1, or to output 0 where there is only one. Input 1 takes neighbour advertisements, with their
Ethernet header: what they say of an address that was asked for is recorded, and the packet that waited
for it is sent.

An address is asked for again when it is used a minute after the last advertisement, and forgotten after
two.

What was learnt is a table of scope shared: a new replica starts with what the old one knew. Packets
that wait move with their buckets.

=over 8

=item IP

IPv6 address of this host.

=item ETH

Ethernet address of this host.

=back

=h table read-only

Returns the entries, one a line: IPv6 address, 1 if its Ethernet address is known and 0 if not, Ethernet
address.

=h stats read-only

Returns the number of packets dropped and of solicitations sent.

=h queries read-only

Returns the number of solicitations sent.

=h drops read-only

Returns the number of packets dropped because another one came for their address, or for want of room.

=e

  c :: Classifier(12/86dd 20/3aff 54/87, 12/86dd 20/3aff 54/88, 12/86dd);
  nds :: IP6NDSolicitor(3ffe:1ce1:2::1, 00:e0:29:05:e5:6f);
  c[1] -> [1]nds;
  c[2] -> ... -> [0]nds;
  nds -> ... -> ToDevice(eth0);

=a IP6NDAdvertiser, ARPQuerier
*/

import { packets, type Table, table } from '../../dataplane/declare.ts'
import {
  arg,
  DROP,
  element,
  KEPT,
  type PushFn,
  type RouterServices,
} from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { ARP_ENTRIES_MAX, ND_PACKETS_MAX } from '../../lib/limits.ts'
import { copyEth, readIp, writeEth, writeIp } from '../lib/arp.ts'
import { setU16 } from '../lib/ip-header.ts'
import { ADDRESS, dst6, ip6Text } from '../lib/ip6.ts'
import { ADVERTISEMENT, makeSolicitation, ndType, OPTION_ETHER_AT, TARGET_AT } from '../lib/nd.ts'
import { etherText } from '../lib/text.ts'

/** Bits of a row's `flags`: high and low are an Ethernet address; it is to be asked for again. */
const KNOWN = 1
const POLL = 2
const LOOK_MS = 15_000
const POLL_MS = 60_000
const FORGET_MS = 120_000

const KEY = { a0: 'i32', a1: 'i32', a2: 'i32', a3: 'i32' } as const
const ROW = { high: 'u16', low: 'i32', flags: 'u8', seen: 'time' } as const

interface Me {
  readonly config: { readonly IP: Uint8Array; readonly ETH: Uint8Array }
  readonly counters: { queries: number; drops: number }
  readonly state: {
    readonly entries: Table<typeof KEY, typeof ROW>
    readonly waiting: import('../../dataplane/declare.ts').PacketFifo
  }
  /** Room for an address. */
  readonly resource: Uint8Array
  readonly router: RouterServices
  readonly out: readonly PushFn[]
  kill(p: Packet): void
}

export default element({
  name: 'IP6NDSolicitor',
  ports: '2/1-2',
  processing: 'h/h',
  flow: 'xy/x',
  config: { IP: arg.ip6().at().must(), ETH: arg.eth().at().must() },
  counters: {
    queries: 'neighbour solicitations sent',
    drops: 'packets displaced by another for their address, or without room for the header',
  },
  state: {
    entries: table({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      key: KEY,
      row: ROW,
      capacity: ARP_ENTRIES_MAX,
      expire: { idle: 'seen', after: FORGET_MS / 1000 },
    }),
    waiting: packets({ capacity: ND_PACKETS_MAX }),
  },
  local: 'a buffer for one address; nothing is kept in it',

  open: () => new Uint8Array(ADDRESS),

  route(self, p, port) {
    if (port === 1) {
      if (ndType(p) === ADVERTISEMENT) takeAdvertisement(self, p)
      return DROP
    }
    const a = self.resource
    dst6(p, a, 0)
    const { entries } = self.state
    const entry = entries.get(readIp(a, 0), readIp(a, 4), readIp(a, 8), readIp(a, 12))
    if (entry !== null && (entry.flags & KNOWN) !== 0) {
      const { high, low } = entry
      if ((entry.flags & POLL) !== 0) {
        entry.flags = KNOWN
        ask(self, a)
      }
      return encapsulate(self, p, high, low)
    }
    hold(self, p, a)
    return KEPT
  },

  initialize(self) {
    self.timerAt(self.router.nowMs + LOOK_MS)
  },

  timer(self) {
    const now = self.router.nowMs
    self.state.entries.each((e) => {
      if ((e.flags & KNOWN) !== 0 && now - e.seen > POLL_MS) e.flags |= POLL
    })
    dropOrphans(self)
    self.timerAt(now + LOOK_MS)
  },

  handlers: {
    table: { raw: true, read: (self) => tableText(self) },
    stats: {
      raw: true,
      read: ({ counters }) =>
        `${counters.drops} packets killed\n${counters.queries} ND Solicitation Message sent\n`,
    },
  },
})

function tableText(self: Me): string {
  const lines: string[] = []
  const addr = new Uint8Array(ADDRESS)
  const eth = new Uint8Array(6)
  self.state.entries.each((e) => {
    ;[e.a0, e.a1, e.a2, e.a3].forEach((word, i) => {
      writeIp(addr, 4 * i, word)
    })
    writeEth(eth, 0, e.high, e.low)
    lines.push(`${ip6Text(addr)} ${e.flags & KNOWN} ${etherText(eth)}\n`)
  })
  return lines.sort().join('')
}

function ask(self: Me, addr: Uint8Array): void {
  const q = makeSolicitation(self.router.pool, self.config.ETH, self.config.IP, addr)
  if (q === null) return // an empty pool: the next packet asks again
  self.counters.queries++
  self.out[self.out.length - 1]!(q)
}

/** Puts the header on; gives back the output to send it by, or DROP. */
function encapsulate(self: Me, p: Packet, high: number, low: number): number {
  if (!p.push(14)) {
    self.counters.drops++
    return DROP
  }
  const o = p.off
  writeEth(p.mem, o, high, low)
  copyEth(p.mem, o + 6, self.config.ETH, 0)
  setU16(p.mem, o + 12, 0x86dd)
  p.mac = o
  return 0
}

/** Holds a packet for the address, in place of an older one, and asks for it. */
function hold(self: Me, p: Packet, addr: Uint8Array): void {
  const older = take(self, addr)
  if (older !== null) drop(self, older)
  const { entries, waiting } = self.state
  const row = entries.insert(
    -1,
    readIp(addr, 0),
    readIp(addr, 4),
    readIp(addr, 8),
    readIp(addr, 12),
  )
  if (row !== null) row.seen = self.router.nowMs
  if (row === null || !waiting.push(p)) {
    drop(self, p)
    if (row === null) return
  }
  ask(self, addr)
}

/** Takes out what waits for an address. */
function take(self: Me, addr: Uint8Array): Packet | null {
  let found: Packet | null = null
  const one = new Uint8Array(ADDRESS)
  self.state.waiting.extract((p) => {
    if (found !== null) return false
    dst6(p, one, 0)
    if (!one.every((byte, i) => byte === addr[i])) return false
    found = p
    return true
  })
  return found
}

/** Packets whose entry has gone, by its age, are dropped. */
function dropOrphans(self: Me): void {
  const a = new Uint8Array(ADDRESS)
  self.state.waiting.extract((p) => {
    dst6(p, a, 0)
    const key = [readIp(a, 0), readIp(a, 4), readIp(a, 8), readIp(a, 12)]
    if (self.state.entries.peek(...key) !== null) return false
    drop(self, p)
    return true
  })
}

function drop(self: Me, p: Packet): void {
  self.counters.drops++
  self.kill(p)
}

function takeAdvertisement(self: Me, p: Packet): void {
  const m = p.mem
  const at = p.off + TARGET_AT
  const { entries } = self.state
  const row = entries.get(readIp(m, at), readIp(m, at + 4), readIp(m, at + 8), readIp(m, at + 12))
  if (row === null) return
  const eth = p.off + OPTION_ETHER_AT
  const high = (m[eth]! << 8) | m[eth + 1]!
  const low = readIp(m, eth + 2)
  if ((row.flags & KNOWN) !== 0 && (row.high !== high || row.low !== low))
    self.router.print('IP6NDSolicitor overwriting an entry')
  row.high = high
  row.low = low
  row.flags = KNOWN
  row.seen = self.router.nowMs
  const held = take(self, m.subarray(at, at + ADDRESS))
  if (held === null) return
  if (encapsulate(self, held, high, low) === DROP) self.kill(held)
  else self.out[0]!(held)
}
