// Rewriters of addresses alone: IPAddrRewriter (a mapping for each source address, whatever it sends
// to) and IPAddrPairRewriter (one for each pair of addresses). All protocols, all fragments.

import { type AnyElement, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import {
  admit,
  annotate,
  mappingOf,
  other,
  REWRITER,
  type RewriterSelf,
  rewriterState,
} from './rewriter-base.ts'
import { configureRewriter } from './rewriter-config.ts'
import { type FlowRow, REPLY } from './rewriter-flows.ts'
import { rewriterHandlers } from './rewriter-handlers.ts'
import { rewriteAddresses } from './rewriter-packet.ts'

export interface AddressRewriterOptions {
  readonly name: 'IPAddrRewriter' | 'IPAddrPairRewriter'
  readonly sourceOnly: boolean
}

export function makeAddressRewriter({ name, sourceOnly }: AddressRewriterOptions): AnyElement {
  return element({
    ...REWRITER,
    name,
    state: rewriterState(true),

    configure: (_config, context) => configureRewriter(context, { family: 'address', sourceOnly }),

    route(self: RewriterSelf, p: Packet, input: number): number {
      const m = p.mem
      const n = p.net
      if (n < 0) return other(self, input)
      const saddr = readIp(m, n + 12)
      const daddr = readIp(m, n + 16)
      let row = find(self, saddr, daddr, sourceOnly)
      let output = row === null ? -1 : row.output
      if (row === null) {
        output = admit(self, p, input, saddr, sourceOnly ? 0 : daddr, 0, 0, false)
        if (output < 0) return output
        row = find(self, saddr, daddr, sourceOnly)
        if (row === null) return output // passed without a mapping
      }
      row.seen = self.router.nowMs
      row.packets += 1
      row.bytes += p.end - n
      // Of a mapping by source address one address says nothing.
      const isReply = (row.flags & REPLY) !== 0
      const newSaddr = sourceOnly && isReply ? saddr : row.new_saddr
      const newDaddr = sourceOnly && !isReply ? daddr : row.new_daddr
      rewriteAddresses(m, n, p.end, saddr, daddr, newSaddr, newDaddr)
      if (!sourceOnly || isReply) p.dst = newDaddr
      if (self.plan.replyAnno >= 0) annotate(row, p, self.plan.replyAnno)
      return output
    },

    handlers: rewriterHandlers('address'),
  })
}

function find(
  self: RewriterSelf,
  saddr: number,
  daddr: number,
  sourceOnly: boolean,
): FlowRow | null {
  if (!sourceOnly) return mappingOf(self, saddr, daddr, 0, 0)
  return mappingOf(self, saddr, 0, 0, 0) ?? mappingOf(self, 0, daddr, 0, 0)
}
