// How AggregateCounter counts a packet, and what it does when there are enough.

import type { Row, Table } from '../../dataplane/declare.ts'
import type { ConfigureContext, RouterServices } from '../../dataplane/element.ts'
import { arg } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseInteger } from '../../lib/click/args.ts'
import { aggregateOf, extraLength, extraPackets } from './anno-words.ts'
import { callWrite, type HandlerCall, parseHandlerCall } from './handler-call.ts'

export const AGGREGATE_KEYWORDS = {
  AGGREGATE_STOP: arg.text(''),
  AGGREGATE_FREEZE: arg.text(''),
  AGGREGATE_CALL: arg.text(''),
  COUNT_STOP: arg.text(''),
  COUNT_FREEZE: arg.text(''),
  COUNT_CALL: arg.text(''),
} as const

/** A call that is due when a number has been reached; Infinity: never (any more). */
export interface Trigger {
  readonly at: number
  readonly call: HandlerCall | null
}

export const NEVER: Trigger = Object.freeze({ at: Infinity, call: null })

export interface Counting {
  aggregates: Trigger
  count: Trigger
  active: boolean
  banner: string
}

export type Counts = Table<{ readonly aggregate: 'i32' }, { readonly count: 'f64' }>

interface Me {
  readonly name: string
  readonly className: string
  readonly router: RouterServices
  readonly config: {
    readonly BYTES: boolean
    readonly IP_BYTES: boolean
    readonly MULTIPACKET: boolean
    readonly EXTRA_LENGTH: boolean
  }
  readonly counters: { count: number }
  readonly resource: Counting
  readonly state: { readonly counts: Counts; readonly frozen: Row<{ readonly frozen: 'u8' }> }
}

/** False: it was not counted. */
export function count(self: Me, p: Packet, onlyKnown: boolean): boolean {
  const { counts, frozen } = self.state
  if (!self.resource.active) return false
  const aggregate = aggregateOf(p)
  let row = counts.get(aggregate)
  if (row === null) {
    if (counts.size >= self.resource.aggregates.at) callAggregates(self)
    if (onlyKnown || frozen.frozen === 1) return false
    row = counts.insert(p.bucket, aggregate)
    if (row === null) return false
  }
  const amount = amountOf(self.config, p)
  row.count += amount
  self.counters.count += amount
  const { count: total } = self.resource
  if (self.counters.count >= total.at) {
    self.resource.count = NEVER
    if (total.call !== null) callWrite(self, total.call)
  }
  return true
}

/** There are as many aggregates as were asked for, and here is another one. */
function callAggregates(self: Me): void {
  const { call } = self.resource.aggregates
  self.resource.aggregates = NEVER
  if (call !== null) callWrite(self, call)
}

function amountOf(config: Me['config'], p: Packet): number {
  if (!config.BYTES) return config.MULTIPACKET ? 1 + extraPackets(p) : 1
  const from = config.IP_BYTES && p.net >= 0 ? p.net : p.off
  return p.end - from + (config.EXTRA_LENGTH ? extraLength(p) : 0)
}

/** What the three keywords of AGGREGATE or COUNT ask for. */
export function triggerOf(
  config: Readonly<Record<string, unknown>>,
  what: 'AGGREGATE' | 'COUNT',
  context: ConfigureContext,
): Trigger {
  const [freeze, stop, call] = ['FREEZE', 'STOP', 'CALL'].map((word) => config[`${what}_${word}`])
  if ([freeze, stop, call].filter((text) => text !== '').length > 1) {
    const names = `'${what}_FREEZE', '${what}_STOP', and '${what}_CALL'`
    context.error(`${names} are mutually exclusive`)
    return NEVER
  }
  if (call !== '') {
    const trigger = fromText(String(call))
    if (trigger === null) context.error(`argument to '${what}_CALL' should be 'N HANDLER [VALUE]'`)
    return trigger ?? NEVER
  }
  const [word, given, path, value] =
    freeze === '' ? ['STOP', stop, 'stop', ''] : ['FREEZE', freeze, 'freeze', 'true']
  if (given === '') return NEVER
  const at = parseInteger(String(given))
  if (at === null || at < 0) context.error(`${what}_${word}: expected an unsigned integer`)
  return { at: at ?? Infinity, call: { path: `${context.name}.${path}`, value: String(value) } }
}

function fromText(text: string): Trigger | null {
  const words = parseHandlerCall(text)
  const at = parseInteger(words?.path ?? '')
  const call = words === null ? null : parseHandlerCall(words.value)
  return at === null || at < 0 || call === null ? null : { at, call }
}

/** `N HANDLER [VALUE]` as a handler gets it. */
export function parseTrigger(text: string, name: string): Trigger {
  const trigger = fromText(text)
  if (trigger === null) throw new Error(`argument to '${name}' should be 'N HANDLER [VALUE]'`)
  return trigger
}

export function triggerText({ at, call }: Trigger): string {
  return call === null ? '' : `${at} ${call.path} ${call.value}`.trimEnd()
}
