// Handlers of rewriters: their mappings as text, their capacity, their inputs' patterns.

import type { HandlerDecl } from '../../dataplane/element.ts'
import { parseInteger, parseIp, parseU16, splitSpaces } from '../../lib/click/args.ts'
import { NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import { mappingOf, type RewriterSelf } from './rewriter-base.ts'
import type { Family } from './rewriter-config.ts'
import { countMappings, isMain, membersOf, reap, removeMapping, rootOf } from './rewriter-flows.ts'
import { ICMP, TCP, UDP } from './rewriter-packet.ts'
import { patternText } from './rewriter-pattern.ts'
import { capacityOf, shrink } from './rewriter-room.ts'
import { type InputSpec, PATTERN } from './rewriter-spec.ts'
import { directionsText, flowText, mappingsText } from './rewriter-text.ts'

type Handlers = Record<string, HandlerDecl<RewriterSelf>>

export function rewriterHandlers(family: Family, accounting = true): Handlers {
  const mappings = { read: (self: RewriterSelf) => String(countMappings(self)) }
  return {
    ...tableHandlers(family, accounting),
    table_size: mappings,
    nmappings: mappings,
    size: {
      read(self) {
        let count = 0
        for (const member of membersOf(self)) count += countMappings(member)
        return String(count)
      },
    },
    capacity: {
      read: (self) => String(capacityOf(self)),
      write(self, value) {
        const capacity = parseInteger(splitSpaces(value)[0] ?? '')
        if (capacity === null || capacity < 0 || capacity > NAT_MAPPINGS_MAX)
          throw new Error(`'${value}' is not a number from 0 to ${NAT_MAPPINGS_MAX}`)
        const root = rootOf(self)
        root.state.limits.mappings = capacity
        root.state.reaper.forced = self.router.nowMs
        for (const member of membersOf(self)) reap(member)
        shrink(self)
      },
    },
    clear: {
      button: true,
      write(self) {
        for (const { state } of membersOf(self)) {
          state.flows.clear()
          state.shifts.clear()
        }
      },
    },
    patterns: { read: (self) => self.resource.specs.map((_, i) => inputText(self, i)).join('') },
    '*': {
      has: (self, name) => inputOf(self, name) >= 0,
      read: (self, _arg, name) => inputText(self, inputOf(self, name)),
      write: (self, value, name) => setInput(self, inputOf(self, name), value),
    },
  }
}

function tableHandlers(family: Family, accounting: boolean): Handlers {
  const directions = (proto: number) => ({
    read: (self: RewriterSelf) => directionsText(self, family, proto),
  })
  const find = (proto: number) => ({
    read: (self: RewriterSelf, flow: string) => lookup(self, flow, proto),
  })
  const all = directions(-1)
  if (family === 'tcp') return { table: all, mappings: all, lookup: find(TCP) }
  if (family !== 'ip') return { table: all, mappings: all }
  const accounts = { read: (self: RewriterSelf) => mappingsText(self, accounting) }
  return {
    table: accounts,
    mapping_table: accounts,
    tcp_table: directions(TCP),
    tcp_mappings: directions(TCP),
    udp_table: directions(UDP),
    udp_mappings: directions(UDP),
    icmp_table: { read: (self) => directionsText(self, 'ping', ICMP) },
    tcp_lookup: find(TCP),
    udp_lookup: find(UDP),
  }
}

/** Input of a handler 'patternN'; -1: it is none. */
function inputOf(self: RewriterSelf, name: string): number {
  const found = /^pattern(0|[1-9]\d*)$/.exec(name)
  const input = found === null ? -1 : Number(found[1])
  return input < self.resource.specs.length ? input : -1
}

function specText(spec: InputSpec): string {
  if (spec.kind === PATTERN) return patternText(spec.pattern)
  return ['<drop>', '<nochange>', '<keep>', '', '<mapper>'][spec.kind]!
}

/** What an input does, and how many mappings it has made that are still there. */
function inputText(self: RewriterSelf, input: number): string {
  reap(self)
  let count = 0
  self.state.flows.each((row) => {
    if (isMain(row) && (self.plan.owned ? row.input : 0) === input) count++
  })
  return `${specText(self.resource.specs[input]!)}${count > 0 ? ` [${count}]` : ''}\n`
}

/** Another specification for an input: mappings that it has made go. */
function setInput(self: RewriterSelf, input: number, text: string): void {
  const spec = self.plan.parse(text, input)
  if (typeof spec === 'string') throw new Error(`input spec ${input}: ${spec}`)
  self.state.flows.each((row) => {
    if (self.plan.owned && row.input === input) removeMapping(self, row)
  })
  self.resource.specs[input] = spec
}

/** What a flow 'saddr sport daddr dport' is rewritten to, in the same form; '' where it is not. */
function lookup(self: RewriterSelf, flow: string, proto: number): string {
  const [saddrText, sportText, daddrText, dportText] = splitSpaces(flow)
  const saddr = parseIp(saddrText ?? '')
  const sport = parseU16(sportText ?? '')
  const daddr = parseIp(daddrText ?? '')
  const dport = parseU16(dportText ?? '')
  if (saddr === null || sport === null || daddr === null || dport === null)
    throw new Error(`'${flow}' is not a flow 'SADDR SPORT DADDR DPORT'`)
  const row = mappingOf(self, saddr, daddr, (sport << 16) | dport, proto)
  if (row === null) return ''
  return flowText(row.new_saddr, row.new_daddr, row.new_ports).replaceAll(',', '')
}
