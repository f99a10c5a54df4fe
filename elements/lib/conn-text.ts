// A firewall's connections as text: a line each, inside end first, '>' where that one began, '<' where
// the other did.
//
//   tcp 10.0.0.1:1234 > 192.0.2.1:80 established idle 3 left 7437

import { BY_OUTSIDE, STATE_NAMES } from './conn-states.ts'
import { type Connection, hasPorts, isOver, type Tracker } from './conn-table.ts'
import { ICMP, TCP, UDP } from './rewriter-packet.ts'
import { ipText } from './text.ts'

const PROTOCOLS: Readonly<Record<number, string>> = { [TCP]: 'tcp', [UDP]: 'udp', [ICMP]: 'icmp' }
const QUERIES: Readonly<Record<number, string>> = {
  8: 'echo',
  13: 'timestamp',
  15: 'information',
  17: 'mask',
}

/** All connections, in the order of their ends, so that a list reads the same wherever rows lie. */
export function connectionsText(self: Tracker): string {
  const lines: { readonly key: readonly number[]; readonly text: string }[] = []
  self.state.connections.each((row) => {
    if (isOver(self, row)) return
    const { inside, outside, ports, proto } = row
    const key = [proto, inside >>> 0, ports >>> 16, outside >>> 0, ports & 0xffff]
    lines.push({ key, text: connectionText(self, row) })
  })
  lines.sort((a, b) => byKey(a.key, b.key))
  return lines.map(({ text }) => `${text}\n`).join('')
}

function byKey(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : a[at]! - b[at]!
}

function connectionText(self: Tracker, row: Connection): string {
  const { inside, outside, ports, proto, state, flags, seen } = row
  const isWithPorts = hasPorts(proto)
  const end = (addr: number, port: number) =>
    isWithPorts ? `${ipText(addr)}:${port}` : ipText(addr)
  const idleMs = self.router.nowMs - seen
  const words = [
    PROTOCOLS[proto] ?? `proto ${proto}`,
    end(inside, ports >>> 16),
    (flags & BY_OUTSIDE) === 0 ? '>' : '<',
    end(outside, ports & 0xffff),
  ]
  if (proto === ICMP) words.push(QUERIES[ports & 0xff]!, String(ports >>> 16))
  const { idleMs: idleBy, coarseMs } = self.plan
  const leftMs = Math.max(0, idleBy[state]! - coarseMs - idleMs)
  words.push(STATE_NAMES[state]!, `idle ${seconds(idleMs)}`, `left ${seconds(leftMs)}`)
  return words.join(' ')
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000))
}

/** How many connections are in each state: 'tcp established 12', a line each. */
export function statesText(self: Tracker): string {
  const counts = new Map<string, number>()
  self.state.connections.each((row) => {
    if (isOver(self, row)) return
    const name = `${PROTOCOLS[row.proto] ?? 'other'} ${STATE_NAMES[row.state]!}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  })
  return [...counts.keys()]
    .sort()
    .map((name) => `${name} ${counts.get(name)}\n`)
    .join('')
}
