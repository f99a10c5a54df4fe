/*
=c

IP6NDAdvertiser(IP6[/MASK] [IP6[/MASK]...] ETH, ...)

=s ip6

generates responses to neighbour solicitations

=d

Takes neighbour solicitations, with their Ethernet header. Where the address that is asked for matches
one of the entries, the advertisement that it is at the entry's Ethernet address goes out; the entry
with the longest prefix counts. Everything else is dropped. Serves for a host's own addresses and as a
proxy for others.

Each argument is a list of IPv6 addresses or prefixes, and the Ethernet address that answers for them.

=h replies read-only

Returns the number of advertisements made.

=h unanswered read-only

Returns the number of packets that were not answered.

=e

  c :: Classifier(12/86dd 54/87, ...);
  c[0] -> IP6NDAdvertiser(3ffe:1ce1:2::5 3ffe:1ce1:2::/80 00:00:C0:AE:67:EF) -> ToDevice(eth0);

=a IP6NDSolicitor, ARPResponder
*/

import { element } from '../../dataplane/element.ts'
import { parseEth, parseIp6, splitSpaces } from '../../lib/click/args.ts'
import { parsePrefix6, samePrefix } from '../lib/ip6.ts'
import { isSolicitation, makeAdvertisement, TARGET_AT } from '../lib/nd.ts'

interface Entry {
  readonly addr: Uint8Array
  readonly length: number
  readonly eth: Uint8Array
}

export default element({
  name: 'IP6NDAdvertiser',
  ports: '1/1',
  config: 'raw',
  counters: {
    replies: 'advertisements made',
    unanswered: 'packets that were not answered',
  },

  configure(_config, context): { entries: readonly Entry[] } {
    const entries: Entry[] = []
    context.args.forEach((text, i) => {
      if (text === '') return
      const prefixes: Omit<Entry, 'eth'>[] = []
      let eth: Uint8Array | null = null
      for (const word of splitSpaces(text)) {
        const addr = parseIp6(word, context.addresses)
        const prefix =
          parsePrefix6(word, context.addresses) ?? (addr === null ? null : { addr, length: 128 })
        const ether = parseEth(word, context.addresses)
        if (prefix !== null) prefixes.push(prefix)
        else if (ether === null) context.error(`argument ${i} should be 'IP6/MASK ETHADDR'`)
        else if (eth !== null) context.error(`argument ${i} has more than one Ethernet address`)
        eth ??= ether
      }
      if (prefixes.length === 0) context.error(`argument ${i} had no IP6 address and masks`)
      else if (eth === null) context.error(`argument ${i} has no Ethernet address`)
      for (const prefix of prefixes) entries.push({ ...prefix, eth: eth ?? new Uint8Array(6) })
    })
    // Longest first, so that the first that matches counts.
    return { entries: entries.sort((a, b) => b.length - a.length) }
  },

  action(self, p) {
    const entry = isSolicitation(p) ? find(self.plan.entries, p.mem, p.off + TARGET_AT) : null
    const q = entry === null ? null : makeAdvertisement(self.router.pool, p, entry.eth)
    if (q === null) {
      self.counters.unanswered++
      return null
    }
    q.port = p.port
    q.bucket = p.bucket
    self.counters.replies++
    self.kill(p)
    return q
  },
})

function find(entries: readonly Entry[], m: Uint8Array, at: number): Entry | null {
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    if (samePrefix(entry.addr, 0, m, at, entry.length)) return entry
  }
  return null
}
