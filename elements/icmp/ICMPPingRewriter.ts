import { element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import {
  admit,
  annotate,
  mappingOf,
  other,
  REWRITER,
  type RewriterSelf,
  rewriterState,
} from '../lib/rewriter-base.ts'
import { configureRewriter } from '../lib/rewriter-config.ts'
import { rewriterHandlers } from '../lib/rewriter-handlers.ts'
import { ICMP, isEcho, isEchoReply, portsOf, read32, rewrite } from '../lib/rewriter-packet.ts'

export default element({
  ...REWRITER,
  name: 'ICMPPingRewriter',
  state: rewriterState(true),

  configure: (_config, context) => configureRewriter(context, { family: 'ping' }),

  route(self: RewriterSelf, p: Packet, input: number): number {
    const m = p.mem
    const n = p.net
    if (n < 0) return other(self, input)
    const t = n + ((m[n]! & 15) << 2)
    const fragment = ((m[n + 6]! & 0x1f) | m[n + 7]!) !== 0
    if (m[n + 9] !== ICMP || fragment || t + 6 > p.end || !isEcho(m, t)) return other(self, input)
    const saddr = read32(m, n + 12)
    const daddr = read32(m, n + 16)
    const ports = portsOf(m, t, ICMP)
    let row = mappingOf(self, saddr, daddr, ports, ICMP)
    let output = row === null ? -1 : row.output
    if (row === null) {
      output = admit(self, p, input, saddr, daddr, ports, ICMP, isEchoReply(m, t))
      if (output < 0) return output
      row = self.state.flows.get(saddr, daddr, ports, ICMP)
      if (row === null) return output // passed without a mapping
    }
    row.seen = self.router.nowMs
    row.packets += 1
    row.bytes += p.end - n
    const { new_saddr, new_daddr, new_ports } = row
    rewrite(m, n, t, p.end, ICMP, saddr, daddr, ports, new_saddr, new_daddr, new_ports)
    if (self.plan.setDst) p.dst = new_daddr
    if (self.plan.replyAnno >= 0) annotate(row, p, self.plan.replyAnno)
    return output
  },

  handlers: rewriterHandlers('ping'),
})
