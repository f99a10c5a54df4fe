/*
=c

ICMPRewriter(MAPS [, I<keywords>])

=s nat

translates ICMP errors about rewritten packets

=d

An ICMP error quotes the packet that it is about. If that was rewritten, its sender does not
know it: ICMPRewriter turns the quoted packet, and the error's destination, into what they were
before.

MAPS is a list of rewriters, separated by spaces: of classes IPRewriter, TCPRewriter,
UDPRewriter, IPAddrRewriter, IPAddrPairRewriter and ICMPPingRewriter. The first that has a
mapping for a reply to the quoted packet says what it was. The error then leaves by output 0;
with 'NAME:OFFSET', by output OFFSET plus the output that the reply would leave NAME by. An
error keeps no mapping alive.

Of ICMP, the types destination unreachable, time exceeded, parameter problem, source quench and
redirect are errors. Other ICMP packets, and errors that no rewriter has a mapping for, are
dropped; with two outputs, and no OFFSET, they leave by output 1. Other packets are dropped.
C<unmapped> counts all but the last. Packets must have their IP header annotation set.

IPRewriter does the same by itself, for errors that pass it, where a configuration has no
ICMPRewriter.

Keyword arguments are:

=over 8

=item DST_ANNO

Boolean. If true, the destination address annotation is set where the error's destination is
rewritten. Default is true.

=item REPLY_ANNO

A one-byte annotation that is set to what the rewriter's mapping has for replies (see REPLY_ANNO
of IPRewriter). Not used where not given.

=back

=h unmapped read-only

Returns the number of ICMP packets without a mapping, or that are no errors.

=e

  rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);
  ping :: ICMPPingRewriter(pattern 1.0.0.1 - 0-65535 0 1, drop);
  errors :: ICMPRewriter(rw ping);

=a IPRewriter, TCPRewriter, UDPRewriter, IPAddrRewriter, IPAddrPairRewriter, ICMPPingRewriter,
IPRewriterPatterns, RoundRobinIPMapper, SourceIPHashMapper, FTPPortMapper
*/

import { arg, type ConfigureContext, DROP, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseAnnotation, parseArgs, parseInteger, splitSpaces } from '../../lib/click/args.ts'
import { readIp } from '../lib/arp.ts'
import { annotate, entryOf, type RewriterSelf } from '../lib/rewriter-base.ts'
import { isRewriter } from '../lib/rewriter-config.ts'
import { type FlowRow, REPLY } from '../lib/rewriter-flows.ts'
import {
  DCCP,
  type FlowOf,
  ICMP,
  isEcho,
  isEchoReply,
  isIcmpError,
  portsOf,
  rewriteError,
  swapped,
  TCP,
  UDP,
} from '../lib/rewriter-packet.ts'

const KEYWORDS = {
  MAPS: arg.text().at().must(),
  DST_ANNO: arg.bool(true),
  REPLY_ANNO: arg.anno(''),
} as const

/** A rewriter to ask, and the output that its output 0 is here; -1: all that it knows go to 0. */
interface Map {
  readonly name: string
  readonly offset: number
}

interface Plan {
  readonly maps: readonly Map[]
  /** Does a second output get what is not rewritten? No rewriter's outputs are there then. */
  readonly passes: boolean
  readonly setDst: boolean
  readonly replyAnno: number
}

interface Me {
  readonly plan: Plan
  readonly noutputs: number
  readonly router: { element(name: string): RewriterSelf }
  readonly counters: { unmapped: number }
}

export default element({
  name: 'ICMPRewriter',
  ports: '1/1-',
  processing: 'h/h',
  config: 'raw',
  counters: { unmapped: 'packets that no rewriter has a mapping for, or that are no ICMP errors' },

  configure(_config, context): Plan {
    const values = parseArgs(KEYWORDS, context.args, context)
    const maps = parseMaps(values.MAPS ?? '', context)
    const anno = values.REPLY_ANNO === '' ? null : parseAnnotation(values.REPLY_ANNO)
    const passes = maps.every(({ offset }) => offset < 0)
    return { maps, passes, setDst: values.DST_ANNO, replyAnno: anno?.offset ?? -1 }
  },

  initialize(self, context) {
    const { noutputs } = self
    for (const { name, offset } of self.plan.maps) {
      const needed = (self.router.element(name) as RewriterSelf).noutputs + offset
      if (offset < 0 || needed <= noutputs) continue
      const there = `${noutputs} ${noutputs === 1 ? 'output' : 'outputs'}`
      context.error(`${name}:${offset} port offset requires more than ${there}`)
    }
  },

  route(self: Me, p: Packet): number {
    const n = p.net
    if (n < 0 || p.mem[n + 9] !== ICMP) return DROP
    const output = translated(self, p, n)
    if (output >= 0) return output
    self.counters.unmapped++
    return self.plan.passes && self.noutputs === 2 ? 1 : DROP
  },
})

/** 'NAME NAME:OFFSET …' */
function parseMaps(text: string, context: ConfigureContext): Map[] {
  const maps: Map[] = []
  for (const word of splitSpaces(text)) {
    const [name, after] = word.split(/:(.*)/s) as [string, string | undefined]
    const offset = after === undefined ? -1 : parseInteger(after)
    const found = context.find(name)
    if (offset === null || found === null || !isRewriter(found.className))
      context.error(`${word} not an IP rewriter`)
    else maps.push({ name: found.name, offset })
  }
  if (maps.length === 0) context.error('no IP rewriters supplied')
  return maps
}

/** Translates an error about a mapped packet; its output, or -1 where there is no mapping. */
function translated(self: Me, p: Packet, n: number): number {
  const m = p.mem
  const t = n + ((m[n]! & 15) << 2)
  const q = t + 8
  if (q + 20 > p.end || !isIcmpError(m, t)) return -1
  const header = (m[q]! & 15) << 2
  if (m[q]! >> 4 !== 4 || header < 20) return -1
  const proto = m[q + 9]!
  const known = hasPorts(m, q, q + header, p.end, proto)
  const quoted = {
    saddr: readIp(m, q + 12),
    daddr: readIp(m, q + 16),
    ports: known ? portsOf(m, q + header, proto) : 0,
  }
  const back = swapped(quoted.ports)
  for (const { name, offset } of self.plan.maps) {
    const rewriter = self.router.element(name)
    const row = entryOf(rewriter, proto, quoted.daddr, quoted.saddr, back)
    if (row === null) continue
    const now = otherSide(rewriter, row, quoted)
    const saddr = readIp(m, n + 12)
    const isTo = readIp(m, n + 16) === quoted.saddr
    const outer = { saddr, daddr: isTo ? now.saddr : readIp(m, n + 16) }
    if (isTo && self.plan.setDst) p.dst = now.saddr
    if (self.plan.replyAnno >= 0) annotate(row, p, self.plan.replyAnno)
    const output = offset < 0 ? 0 : offset + row.output
    rewriteError(m, n, t, p.end, outer, quoted, now, known ? proto : 0)
    return output
  }
  return -1
}

/** Does the quoted packet show its ports, or the identifier of an echo request? */
function hasPorts(m: Uint8Array, q: number, t: number, end: number, proto: number): boolean {
  if (((m[q + 6]! & 0x1f) | m[q + 7]!) !== 0) return false
  if (proto === ICMP) return t + 6 <= end && isEcho(m, t) && !isEchoReply(m, t)
  return t + 8 <= end && (proto === TCP || proto === UDP || proto === DCCP)
}

/** What the quoted packet was on the other side of a rewriter, whose row is of its replies. */
function otherSide(rewriter: RewriterSelf, row: FlowRow, quoted: FlowOf): FlowOf {
  const { new_saddr, new_daddr, new_ports, flags } = row
  if (rewriter.plan.family !== 'address')
    return { saddr: new_daddr, daddr: new_saddr, ports: swapped(new_ports) }
  if (!rewriter.plan.sourceOnly) return { ...quoted, saddr: new_daddr, daddr: new_saddr }
  // A mapping of source addresses: of its replies the destination, of others the source is known.
  return (flags & REPLY) !== 0 ? { ...quoted, saddr: new_daddr } : { ...quoted, daddr: new_saddr }
}
