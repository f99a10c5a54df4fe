// InfiniteSource and RandomSource: packets as fast as they are taken.

import { type AnyElement, type Arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { callWrite, checkWriteCall, parseHandlerCall } from './handler-call.ts'
import { toInteger } from './settings.ts'
import {
  generate,
  goOn,
  isDone,
  limitHandlers,
  SOURCE_LOCAL,
  type Source,
  type SourceSettings,
} from './source.ts'

interface Keywords {
  readonly LENGTH: number
  readonly LIMIT: number
  readonly BURST: number
  readonly ACTIVE: boolean
  readonly TIMESTAMP: boolean
  readonly STOP: boolean
  readonly END_CALL: string
  /** InfiniteSource's own. */
  readonly DATA?: string
  readonly DATASIZE?: number
}

interface Kind {
  /** In the order of the positions. */
  readonly config: { readonly [K in keyof Keywords]: Arg<NonNullable<Keywords[K]>> }
  settings(config: Keywords): SourceSettings
  /** Every packet has bytes of its own. */
  readonly random: boolean
  readonly handlers: Readonly<Record<string, object>>
}

interface Settings extends SourceSettings {
  burst: number
}

interface Me extends Source {
  readonly config: Keywords
  readonly router: Source['router'] & { random(): number }
}

export function infiniteSource(name: string, kind: Kind): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '0/1',
    processing: 'a/a',
    source: true,

    config: kind.config,

    counters: { count: 'packets generated' },

    local: SOURCE_LOCAL,

    configure(config, context) {
      if (config.BURST < 1) context.error('burst size must be >= 1')
      if (config.STOP && config.END_CALL !== '')
        context.error('END_CALL and STOP are mutually exclusive')
      return { endCall: parseHandlerCall(config.STOP ? 'stop' : config.END_CALL) }
    },

    open(self): Settings {
      return { ...kind.settings(self.config as Keywords), burst: self.config.BURST }
    },

    initialize(self, errors) {
      checkWriteCall(self, self.plan.endCall, errors)
      if (self.outputKinds[0] === 'push') self.schedule()
    },

    task(self) {
      const settings = self.resource
      if (!settings.active || !self.canPush()) return false
      let n = settings.burst
      if (settings.limit >= 0) n = Math.min(n, Math.max(0, settings.limit - self.counters.count))
      for (let k = 0; k < n; k++) {
        const p = make(self as Me, kind.random)
        if (p === null) break
        self.out[0]!(p)
      }
      if (n === 0 && !settings.ended) {
        settings.ended = true
        if (self.plan.endCall !== null) callWrite(self, self.plan.endCall)
      }
      return n > 0
    },

    pull(self) {
      const settings = self.resource
      if (!settings.active) return null
      if (!isDone(self as Me)) return make(self as Me, kind.random)
      if (!settings.ended && self.plan.endCall !== null) callWrite(self, self.plan.endCall)
      settings.ended = true
      return null
    },

    handlers: {
      ...limitHandlers,
      ...kind.handlers,
      burst: {
        read: (self) => String(self.resource.burst),
        write(self, value) {
          self.resource.burst = toInteger(value, 1, 'burstsize parameter must be integer >= 1')
          goOn(self as Me)
        },
      },
    },
  })
}

function make(self: Me, random: boolean): Packet | null {
  const p = generate(self, self.config.TIMESTAMP)
  if (p !== null && random) fill(p, self.router)
  return p
}

/** Four bytes of each random number, the lowest first, as Click fills packets. */
function fill(p: Packet, router: { random(): number }): void {
  for (let i = p.off; i < p.end; i += 4) {
    const word = Math.floor(router.random() * 0x8000_0000)
    for (let k = 0; k < 4 && i + k < p.end; k++) p.mem[i + k] = word >> (8 * k)
  }
}
