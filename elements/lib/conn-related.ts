// ICMP errors about a firewall's connections.

import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import { type Firewall, stopped } from './conn-open.ts'
import { isOver, portsInside, queryOf } from './conn-table.ts'
import { ICMP, isIcmpError, quotesPacket } from './rewriter-packet.ts'

/**
 * An ICMP error: it passes to whoever sent the packet that it quotes, if that belongs to a connection.
 * The connection lives no longer for it.
 */
export function related(self: Firewall, p: Packet, t: number, input: number): number {
  const m = p.mem
  const fromOutside = input !== 0
  if (!isIcmpError(m, t) || !quotesPacket(m, t, p.end)) return stopped(self, input, 'unsupported')
  const q = t + 8
  const proto = m[q + 9]!
  const qt = q + ((m[q]! & 15) << 2)
  if (proto === ICMP && queryOf(m[qt]!) === 0) return stopped(self, input, 'unsupported')
  const sender = readIp(m, q + 12)
  const receiver = readIp(m, q + 16)
  // What an error from outside quotes came from inside.
  const ports = portsInside(m, qt, proto, !fromOutside)
  const inside = fromOutside ? sender : receiver
  const outside = fromOutside ? receiver : sender
  const row = self.state.connections.get(inside, outside, ports, proto)
  const isOurs = row !== null && !isOver(self, row) && readIp(m, p.net + 16) === sender
  if (!isOurs) return stopped(self, input, 'refused')
  return fromOutside ? 1 : 0
}
