// What elements with a transport have in common: packets that come from outside leave by output 0,
// packets that come in by the input go outside. Inputs may be pushed or pulled; the task reads, and
// pulls what the kernel has room for.

import { type PacketFifo, packets } from '../../dataplane/declare.ts'
import {
  type AnyElement,
  type ConfigureContext,
  type ErrorContext,
  element,
  type HandlerDecl,
  type RouterServices,
} from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { BATCH, FRAME_HEADROOM } from '../../lib/limits.ts'
import { setExtraLength } from './extra-length.ts'
import { AGAIN, LOST, type Transport } from './transport.ts'

export interface TransportPlan {
  /** Bytes in front of a received packet. */
  readonly headroom: number
  readonly timestamp: boolean
}

/** What a transport's parts see of their element. */
export interface TransportSelf<P> {
  readonly name: string
  readonly className: string
  readonly plan: P
  readonly router: RouterServices
}

export interface TransportSpec<P extends TransportPlan> {
  readonly name: string
  readonly ports: string
  /** Not given: the input may be pushed or pulled. */
  readonly processing?: string
  configure(context: ConfigureContext): P
  /** Throws where it cannot be opened. */
  open(self: TransportSelf<P>): Transport
  initialize?(self: TransportSelf<P>, errors: ErrorContext): void
  /** The output of a received packet, with its annotations set; -1: drop it. Not given: 0. */
  output?(self: TransportSelf<P>, p: Packet): number
  // biome-ignore lint/suspicious/noExplicitAny: an element's own self
  readonly handlers?: Readonly<Record<string, HandlerDecl<any>>>
}

interface Me<P extends TransportPlan> extends TransportSelf<P> {
  readonly ninputs: number
  readonly noutputs: number
  readonly inputKinds: readonly ('push' | 'pull')[]
  readonly state: { readonly pending: PacketFifo }
  readonly counters: Record<'count' | 'drops', number>
  readonly resource: Transport
  readonly out: readonly ((p: Packet) => void)[]
  readonly in: readonly (() => Packet | null)[]
  kill(p: Packet): void
}

/** Of packets where HEADROOM is not given. */
export const DEFAULT_HEADROOM = FRAME_HEADROOM

export function transportElement<P extends TransportPlan>(spec: TransportSpec<P>): AnyElement {
  const outputOf = spec.output ?? (() => 0)
  return element({
    name: spec.name,
    ports: spec.ports,
    processing: spec.processing ?? 'a/h',
    flow: 'x/y',
    config: 'raw',
    counters: {
      count: 'packets received',
      drops: 'packets that could not be sent',
    },
    state: { pending: packets({ capacity: 1 }) },
    local: 'a socket or device of this process; a replaced configuration takes it over',

    configure: (_config, context): P & { readonly args: string } => ({
      ...spec.configure(context),
      args: context.args.join(', '),
    }),

    open(self): Transport {
      const transport = spec.open(self)
      transport.attach(self.router, () => self.schedule())
      return transport
    },

    initialize(self, errors) {
      spec.initialize?.(self, errors)
      self.schedule()
    },

    carries: (self, old) => self.plan.args === old.plan.args,

    adopt(self, old) {
      old.resource.attach(self.router, () => self.schedule())
      return old.resource
    },

    close(self) {
      self.resource.close()
    },

    push(self, _port, p) {
      const transport = self.resource
      let sent = transport.connected ? transport.send(p) : LOST
      while (sent === AGAIN) sent = transport.waitForRoom() ? transport.send(p) : LOST
      if (sent === LOST) self.counters.drops++
      self.kill(p)
    },

    task(self) {
      let worked = self.noutputs > 0 || self.ninputs > 0 ? receiveSome(self, outputOf) : false
      if (self.inputKinds[0] === 'pull' && sendSome(self)) worked = true
      return worked
    },

    ...(spec.handlers === undefined ? {} : { handlers: spec.handlers }),
  })
}

/** A batch at most; packets that nobody takes are read all the same, so that their end is seen. */
function receiveSome<P extends TransportPlan>(
  self: Me<P>,
  outputOf: (self: TransportSelf<P>, p: Packet) => number,
): boolean {
  const transport = self.resource
  for (let n = 0; n < BATCH; n++) {
    const length = transport.receive()
    if (length === AGAIN) return n > 0
    if (length === LOST) continue
    const whole = transport.buffer.length
    const cut = Math.min(length, whole)
    const p = self.router.pool.allocLength(cut, self.plan.headroom)
    if (p === null) {
      self.counters.drops++
      continue
    }
    p.mem.set(transport.buffer.subarray(0, cut), p.off)
    if (length > cut) setExtraLength(p, length - cut)
    if (self.plan.timestamp) p.timeUs = self.router.nowUs
    self.counters.count++
    const out = outputOf(self, p)
    if (out >= 0 && out < self.noutputs) self.out[out]!(p)
    else self.kill(p)
  }
  return true
}

function sendSome<P extends TransportPlan>(self: Me<P>): boolean {
  const transport = self.resource
  const { pending } = self.state
  for (let n = 0; n < BATCH; n++) {
    const p = transport.connected ? (pending.shift() ?? self.in[0]!()) : null
    if (p === null) {
      transport.wantRoom(false)
      return n > 0
    }
    const sent = transport.send(p)
    if (sent === AGAIN) {
      pending.unshift(p)
      transport.wantRoom(true)
      return false
    }
    if (sent === LOST) self.counters.drops++
    self.kill(p)
  }
  return true
}
