/*
=c

ARPResponder(IP[/MASK] [IP[/MASK]...] ETH, ...)

=s arp

generates responses to ARP queries

=d

Takes ARP requests, with their Ethernet header. Where the address that is asked for matches one of
the entries, the request is turned into the reply, with the entry's Ethernet address, and goes to
output 0; the entry with the longest prefix counts. Everything else goes to output 1 where that is
connected, and is dropped otherwise. Serves for a host's own addresses and for proxy ARP.

Each argument is a list of addresses or prefixes, and the Ethernet address that answers for them.
A name that AddressInfo defines may stand for an address, a prefix, or for both address and Ethernet
address; where it stands for an address and a prefix, the address is taken ('NAME:ipnet' is the
prefix).

=h table read-only

Returns the entries, one a line, longest prefixes first.

=h lookup read-only

Takes an IP address and returns the Ethernet address that answers for it, if any.

=h add write-only

Adds entries. Takes the form of an argument. Entries that are added or removed hold on this
replica; a new one starts as configured.

=h remove write-only

Removes an entry. Takes "IP/MASK".

=h replies read-only

Returns the number of replies generated.

=h unanswered read-only

Returns the number of packets that were not answered.

=e

Answers for the machine's own address, and for a network behind it:

  c :: Classifier(12/0806 20/0001, ...);
  ar :: ARPResponder(18.26.4.24 18.26.7.0/24 00-00-C0-AE-67-EF);
  c[0] -> ar -> ToDevice(eth0);

=a ARPQuerier, Classifier
*/

import { table } from '../../dataplane/declare.ts'
import { DROP, element } from '../../dataplane/element.ts'
import {
  type AddressTable,
  type IpPrefix,
  parseEth,
  parseIp,
  parseIpPrefix,
  prefixMask,
  splitSpaces,
} from '../../lib/click/args.ts'
import { arpOperation, REQUEST, readIp, TARGET_IP, turnIntoReply } from '../lib/arp.ts'
import { etherText, ipnetText, maskLength } from '../lib/text.ts'

/** Entries at most: an operator's list of own and proxied prefixes is far below it. */
const ENTRIES_MAX = 65_536

interface Entry extends IpPrefix {
  readonly eth: Uint8Array
}
interface Plan {
  readonly entries: readonly Entry[]
  /** Names that handlers' values may use, as the configuration does. */
  readonly addresses: AddressTable
}
/** The row of `entries`; `high` and `low` are the Ethernet address. */
interface EntryRow {
  high: number
  low: number
}

export default element({
  name: 'ARPResponder',
  ports: '1/1-2',
  processing: 'a/ah',
  config: 'raw',
  counters: {
    replies: 'ARP replies generated',
    unanswered: 'packets that were not answered',
  },
  state: {
    entries: table({
      version: 1,
      scope: 'local',
      reason: 'entries are configured; changes by handlers are made to one replica',
      key: { addr: 'i32', mask: 'i32' },
      row: { high: 'u16', low: 'i32' },
      capacity: ENTRIES_MAX,
    }),
  },

  configure(_config, context): Plan {
    const entries: Entry[] = []
    for (const text of context.args) {
      if (text === '') continue
      const parsed = parseEntries(text, context.addresses)
      if (typeof parsed === 'string') context.error(parsed)
      else entries.push(...parsed)
    }
    const seen = new Set<string>()
    for (const { addr, mask } of entries) {
      const prefix = ipnetText(addr & mask, mask)
      if (seen.has(prefix)) context.warning(`multiple entries for ${prefix}`)
      seen.add(prefix)
    }
    return { entries, addresses: context.addresses }
  },

  reconfigures: true,

  initialize(self) {
    self.state.entries.clear()
    for (const entry of self.plan.entries) add(self.state.entries, entry)
  },

  route(self, p) {
    if (arpOperation(p) === REQUEST) {
      const found = find(self.state.entries, readIp(p.mem, p.off + TARGET_IP))
      if (found !== null) {
        self.counters.replies++
        turnIntoReply(p, found.high, found.low)
        return 0
      }
    }
    self.counters.unanswered++
    return self.noutputs > 1 ? 1 : DROP
  },

  handlers: {
    table: {
      read(self) {
        const lines: { text: string; mask: number }[] = []
        self.state.entries.each((e) => {
          const text = `${ipnetText(e.addr, e.mask)} ${etherOf(e)}\n`
          lines.push({ text, mask: e.mask >>> 0 })
        })
        lines.sort((a, b) => b.mask - a.mask || (a.text < b.text ? -1 : 1))
        return lines.map((l) => l.text).join('')
      },
    },
    lookup: {
      read(self, arg) {
        const ip = parseIp(arg.trim(), self.plan.addresses)
        if (ip === null) throw new Error(`'${arg}' is not an IP address`)
        const found = find(self.state.entries, ip)
        return found === null ? '' : etherOf(found)
      },
    },
    add: {
      write(self, value) {
        const parsed = parseEntries(value.trim(), self.plan.addresses)
        if (typeof parsed === 'string') throw new Error(parsed)
        for (const entry of parsed) add(self.state.entries, entry)
      },
    },
    remove: {
      write(self, value) {
        const prefix = parsePrefix(value.trim(), self.plan.addresses)
        if (prefix === null) throw new Error(`'${value}' is not an IP address or prefix`)
        if (!self.state.entries.remove(prefix.addr & prefix.mask, prefix.mask))
          throw new Error(`no entry ${ipnetText(prefix.addr & prefix.mask, prefix.mask)}`)
      },
    },
  },
})

interface Entries {
  get(addr: number, mask: number): EntryRow | null
  insert(bucket: number, addr: number, mask: number): EntryRow | null
}

function add(entries: Entries, { addr, mask, eth }: Entry): void {
  // Of several entries for a prefix the last counts.
  const row = entries.insert(-1, addr & mask, mask)
  if (row === null) throw new Error(`more than ${ENTRIES_MAX} entries`)
  row.high = (eth[0]! << 8) | eth[1]!
  row.low = readIp(eth, 2)
}

/** The longest prefix's entry. Requests are rare, so every length is just tried. */
function find(entries: Entries, ip: number): EntryRow | null {
  for (let length = 32; length >= 0; length--) {
    const mask = prefixMask(length)
    const row = entries.get(ip & mask, mask)
    if (row !== null) return row
  }
  return null
}

function etherOf(row: EntryRow): string {
  const bytes = new Uint8Array(6)
  new DataView(bytes.buffer).setUint16(0, row.high)
  new DataView(bytes.buffer).setInt32(2, row.low)
  return etherText(bytes)
}

/** Address before prefix: a name may be both. */
function parsePrefix(word: string, addresses?: AddressTable): IpPrefix | null {
  const addr = parseIp(word, addresses)
  if (addr !== null) return { addr, mask: -1 }
  const prefix = parseIpPrefix(word, addresses)
  return prefix !== null && maskLength(prefix.mask) >= 0 ? prefix : null
}

/** 'IP[/MASK]... ETH'; what is wrong, as text, where it is not that. */
function parseEntries(text: string, addresses?: AddressTable): Entry[] | string {
  const prefixes: IpPrefix[] = []
  let eth: Uint8Array | null = null
  for (const word of splitSpaces(text)) {
    const prefix = parsePrefix(word, addresses)
    const ether = parseEth(word, addresses)
    if (prefix === null && ether === null)
      return `'${word}' is neither an IP address or prefix nor an Ethernet address`
    if (prefix !== null) prefixes.push(prefix)
    // A name that is both counts as Ethernet address where no other is given.
    if (ether !== null) {
      if (eth !== null && prefix === null) return `'${text}': more than one Ethernet address`
      if (eth === null || prefix === null) eth = ether
    }
  }
  if (eth === null) return `'${text}': an Ethernet address is missing`
  if (prefixes.length === 0) return `'${text}': an IP address is missing`
  const found = eth
  return prefixes.map((prefix) => ({ ...prefix, eth: found }))
}
