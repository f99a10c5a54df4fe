// EtherSwitch and ListenEtherSwitch: learning switches, the second with an output for a listener.

import { type Table, table } from '../../dataplane/declare.ts'
import {
  type AnyElement,
  arg,
  element,
  type PushFn,
  type RouterServices,
} from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { ETHER_ADDRESSES_MAX } from '../../lib/limits.ts'
import { readIp, writeEth } from './arp.ts'
import { u16At } from './ip-header.ts'
import { SETTINGS } from './settings.ts'
import { etherText } from './text.ts'

const KEY = { high: 'u16', low: 'i32' } as const
/** `stamp` is the time annotation, in microseconds, of the last packet that came from the address. */
const ROW = { port: 'u16', stamp: 'f64', seen: 'time' } as const

interface Me {
  readonly ninputs: number
  readonly counters: { runts: number; not_learnt: number }
  readonly resource: { timeoutUs: number }
  readonly state: { readonly addresses: Table<typeof KEY, typeof ROW> }
  readonly router: RouterServices
  readonly out: readonly PushFn[]
  kill(p: Packet): void
}

export function makeEtherSwitch(name: string, listens: boolean): AnyElement {
  return element({
    name,
    ports: listens ? '-/=+' : '2-/=',
    processing: 'h/h',
    flow: '#/[^#]',
    config: { TIMEOUT: arg.seconds(300) },
    counters: {
      runts: 'packets too short for an Ethernet header, dropped',
      not_learnt: 'packets from addresses that the full table has no room for',
    },
    state: {
      addresses: table({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        key: KEY,
        row: ROW,
        capacity: ETHER_ADDRESSES_MAX,
        // Time annotations decide; this only keeps the table from filling up with what is unused.
        expire: {
          idle: 'seen',
          after: 1,
          afterOf: (self) => 60 + (2 * self.resource.timeoutUs) / 1e6,
        },
      }),
    },
    local: SETTINGS,

    open: (self): { timeoutUs: number } => ({ timeoutUs: Math.round(self.config.TIMEOUT) * 1e6 }),

    push(self, port, p) {
      if (p.end - p.off < 14) {
        self.counters.runts++
        self.kill(p)
        return
      }
      const to = self.resource.timeoutUs > 0 ? learn(self, p, port) : -1
      if (to < 0) broadcast(self, p, port)
      else if (!listens) {
        if (to === port) self.kill(p)
        else self.out[to]!(p)
      } else {
        const listener = self.ninputs
        const copy = to === port ? null : self.router.pool.clone(p)
        if (to === port) self.out[listener]!(p)
        else {
          if (copy !== null) self.out[listener]!(copy)
          self.out[to]!(p)
        }
      }
    },

    handlers: {
      table: {
        raw: true,
        read(self) {
          const lines: string[] = []
          const eth = new Uint8Array(6)
          self.state.addresses.each((row) => {
            writeEth(eth, 0, row.high, row.low)
            lines.push(`${etherText(eth)} ${row.port}\n`)
          })
          return lines.sort().join('')
        },
      },
      timeout: {
        read: (self) => String(self.resource.timeoutUs / 1e6),
        write(self, value) {
          const seconds = parseSeconds(value.trim())
          if (seconds === null) throw new Error('expected timeout (integer)')
          self.resource.timeoutUs = Math.round(seconds) * 1e6
        },
      },
    },
  })
}

/** Notes where the source is; gives back the destination's port, or -1: all. */
function learn(self: Me, p: Packet, port: number): number {
  const m = p.mem
  const o = p.off
  const { addresses } = self.state
  const from = addresses.insert(-1, u16At(m, o + 6), readIp(m, o + 8))
  if (from === null) self.counters.not_learnt++
  else {
    from.port = port
    from.stamp = p.timeUs
    from.seen = self.router.nowMs
  }
  if ((m[o]! & 1) !== 0) return -1
  const high = u16At(m, o)
  const low = readIp(m, o + 2)
  const to = addresses.get(high, low)
  if (to === null) return -1
  // A version with fewer ports may have taken the table over.
  if (p.timeUs < to.stamp + self.resource.timeoutUs && to.port < self.ninputs) return to.port
  addresses.remove(high, low)
  return -1
}

/** Sends to every output but the source's, the last one first. */
function broadcast(self: Me, p: Packet, source: number): void {
  const { out } = self
  const last = source === 0 ? 1 : 0
  for (let i = out.length - 1; i > last; i--) {
    if (i === source) continue
    const copy = self.router.pool.clone(p)
    if (copy !== null) out[i]!(copy)
  }
  if (last < out.length) out[last]!(p)
  else self.kill(p)
}
