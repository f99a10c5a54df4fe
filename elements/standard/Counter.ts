/*
=c

Counter([I<keywords> COUNT_CALL, BYTE_COUNT_CALL])

=s counters

counts packets and bytes

=d

Counts the packets that pass, and their bytes, and how many came in the last
while.

=over 8

=item COUNT_CALL

`I<N> I<HANDLER> [I<VALUE>]'. When the packet count reaches I<N>, the write
handler I<HANDLER> is called with I<VALUE> before the packet goes on.

=item BYTE_COUNT_CALL

`I<N> I<HANDLER> [I<VALUE>]'. The same when the byte count reaches or exceeds
I<N>.

=back

=h count read-only

Returns the number of packets that have passed since the last reset.

=h byte_count read-only

Returns the number of bytes that have passed since the last reset.

=h rate read-only

Returns the recent arrival rate, an exponentially weighted moving average, in
packets per second.

=h bit_rate read-only

The same in bits per second.

=h byte_rate read-only

The same in bytes per second.

=h reset_counts write-only

Begins anew: counts and rates are 0.

=h reset write-only

Same as C<reset_counts>.

=h count_call read/write

Returns the COUNT_CALL count, or sets a new COUNT_CALL; without a handler, only
the count.

=h byte_count_call write-only

Sets a new BYTE_COUNT_CALL; without a handler, only the count.

=e

  RatedSource -> Counter(COUNT_CALL 10 stop) -> Discard;

=a AverageCounter
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'
import {
  callWrite,
  checkWriteCall,
  type HandlerCall,
  parseHandlerCall,
} from '../lib/handler-call.ts'
import { BYTE_UNITS, decay, PACKET_UNITS, perSecond, rateText } from '../lib/rate.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Trigger {
  /** Count at which it fires; Infinity: never (any more). */
  at: number
  /** The count that was asked for. */
  readonly wanted: number
  readonly call: HandlerCall | null
}

const NEVER: Trigger = Object.freeze({ at: Infinity, wanted: Infinity, call: null })

export default element({
  name: 'Counter',
  ports: '1/1',

  config: {
    COUNT_CALL: arg.text(''),
    BYTE_COUNT_CALL: arg.text(''),
  },

  counters: {
    count: 'packets since the last reset',
    byte_count: 'bytes since the last reset',
  },

  state: {
    rates: cell({
      version: 2,
      scope: 'local',
      reason: 'a recent rate is of this replica and soon forgotten',
      row: { at: 'f64', packets: 'f64', bytes: 'f64', packet_rate: 'f64', byte_rate: 'f64' },
      upgrade: {
        // Version 1 had other averages: they begin anew, at the counts so far.
        1: (old) => ({ ...old, packet_rate: 0, byte_rate: 0 }),
      },
    }),
  },

  local: SETTINGS,

  configure(config, context) {
    const count = parseTrigger(config.COUNT_CALL, NEVER)
    const bytes = parseTrigger(config.BYTE_COUNT_CALL, NEVER)
    if (count === null) context.error('COUNT_CALL type mismatch')
    if (bytes === null) context.error('BYTE_COUNT_CALL type mismatch')
    return { count: count ?? NEVER, bytes: bytes ?? NEVER }
  },

  open(self): { count: Trigger; bytes: Trigger } {
    return { count: { ...self.plan.count }, bytes: { ...self.plan.bytes } }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.count.call, errors)
    checkWriteCall(self, self.plan.bytes.call, errors)
    self.state.rates.at = self.router.nowMs
  },

  action(self, p) {
    const { counters, resource } = self
    const { rates } = self.state
    if (self.router.nowMs !== rates.at) decay(rates, counters, self.router.nowMs)
    counters.count++
    counters.byte_count += p.end - p.off
    if (counters.count === resource.count.at) fire(self, resource.count)
    if (counters.byte_count >= resource.bytes.at) fire(self, resource.bytes)
    return p
  },

  handlers: {
    rate: { read: (self) => rateText(ratesNow(self).packet_rate, PACKET_UNITS) },
    byte_rate: { read: (self) => rateText(ratesNow(self).byte_rate, BYTE_UNITS) },
    bit_rate: { read: (self) => String(8 * perSecond(ratesNow(self).byte_rate, BYTE_UNITS)) },
    reset: { button: true, write: reset },
    reset_counts: { button: true, write: reset },
    count_call: {
      read: (self) => {
        const { wanted, call } = self.resource.count
        return call === null ? '' : String(wanted)
      },
      write(self, value) {
        const trigger = parseTrigger(value, self.resource.count)
        if (trigger === null) throw new Error("'count_call' first word should be unsigned (count)")
        self.resource.count = trigger
      },
    },
    byte_count_call: {
      write(self, value) {
        const trigger = parseTrigger(value, self.resource.bytes)
        if (trigger === null)
          throw new Error("'byte_count_call' first word should be unsigned (count)")
        self.resource.bytes = trigger
      },
    },
  },
})

/**
 * `N [HANDLER [VALUE]]`; '' gives `old`, as does a missing handler for the call; null: no number.
 */
function parseTrigger(text: string, old: Trigger): Trigger | null {
  if (text.trim() === '') return old
  const words = parseHandlerCall(text)
  const wanted = parseInteger(words?.path ?? '')
  if (words === null || wanted === null || wanted < 0) return null
  return { at: wanted, wanted, call: parseHandlerCall(words.value) ?? old.call }
}

function fire(self: Parameters<typeof callWrite>[0], trigger: Trigger): void {
  trigger.at = Infinity
  if (trigger.call !== null) callWrite(self, trigger.call)
}

interface CounterSelf {
  readonly counters: { count: number; byte_count: number }
  readonly resource: { count: Trigger; bytes: Trigger }
  readonly router: { readonly nowMs: number }
  readonly state: { readonly rates: Parameters<typeof decay>[0] }
}

function reset(self: CounterSelf): void {
  const { counters, resource } = self
  const { rates } = self.state
  counters.count = 0
  counters.byte_count = 0
  resource.count.at = resource.count.wanted
  resource.bytes.at = resource.bytes.wanted
  rates.packets = 0
  rates.bytes = 0
  rates.packet_rate = 0
  rates.byte_rate = 0
}

function ratesNow(self: CounterSelf): CounterSelf['state']['rates'] {
  decay(self.state.rates, self.counters, self.router.nowMs)
  return self.state.rates
}
