// FastTCPFlows and FastUDPFlows: benchmark sources of packets of several flows. The packets of a flow
// are made once; each that is sent is a copy.

import { cell } from '../../dataplane/declare.ts'
import { type AnyElement, arg, element, type RouterServices } from '../../dataplane/element.ts'
import { type Packet, Pool } from '../../dataplane/packet.ts'
import { parseBool, parseInteger } from '../../lib/click/args.ts'
import { FAST_FLOWS_MAX } from '../../lib/limits.ts'

const ETHER_HEADER = 14
const LENGTH_MIN = 60
const NO_LIMIT = -1

/** What one packet of a flow is made of. */
export interface FlowHeader {
  readonly src: number
  readonly dst: number
  readonly sport: number
  readonly dport: number
}

/** Writes the packet of kind `kind` from the IP header at `n` on. */
export type FlowWriter = (
  p: Packet,
  n: number,
  header: FlowHeader,
  kind: number,
  router: RouterServices,
  checksum: boolean,
) => void

/** Kinds of packets of TCP flows; UDP flows have one. */
export const FIRST = 0
export const MIDDLE = 1
export const LAST = 2

interface Flow {
  packets: readonly Uint8Array[]
  sent: number
}

interface Sending {
  active: boolean
  rate: number
  limit: number
  length: number
  flows: Flow[]
}

export function makeFastFlows(name: string, tcp: boolean, write: FlowWriter): AnyElement {
  return element({
    name,
    ports: '0/1',
    processing: 'l/l',
    source: true,
    config: {
      RATE: arg.u32().at().must(),
      LIMIT: arg.int().at().must(),
      LENGTH: arg.u16().at().must(),
      SRCETH: arg.eth().at().must(),
      SRCIP: arg.ip().at().must(),
      DSTETH: arg.eth().at().must(),
      DSTIP: arg.ip().at().must(),
      FLOWS: arg.u32().at().must(),
      FLOWSIZE: arg.u32().at().must(),
      ...(tcp ? {} : { CHECKSUM: arg.bool(true).at() }),
      ACTIVE: arg.bool(true).at(),
    },
    state: {
      counts: cell({
        version: 1,
        scope: 'shared',
        merge: 'sum',
        row: { count: 'f64', first: 'time', last: 'time' },
      }),
    },
    local: 'packets that were made for a benchmark, and settings: another replica makes its own',

    configure(config, context) {
      const { FLOWS, FLOWSIZE, LENGTH } = config
      if (FLOWS < 1 || FLOWS > FAST_FLOWS_MAX)
        context.error(`FLOWS must be between 1 and ${FAST_FLOWS_MAX}`)
      if (tcp && FLOWSIZE < 3) context.message?.('warning: flow size < 3, defaulting to 3')
      if (LENGTH < LENGTH_MIN) context.message?.('warning: packet length < 60, defaulting to 60')
      return {
        length: Math.max(LENGTH, LENGTH_MIN),
        flowSize: Math.max(FLOWSIZE, tcp ? 3 : 1),
        header: {
          src: config.SRCIP,
          dst: config.DSTIP,
          srcEth: config.SRCETH,
          dstEth: config.DSTETH,
        },
        checksum: config.CHECKSUM ?? true,
      }
    },

    open(self): Sending {
      const { RATE, LIMIT, ACTIVE, FLOWS } = self.config
      const count = Math.min(FLOWS, FAST_FLOWS_MAX)
      const flows = Array.from({ length: count }, () => ({
        packets: make(self, self.plan.length),
        sent: 0,
      }))
      const limit = LIMIT < 0 ? NO_LIMIT : LIMIT
      return { active: ACTIVE, rate: RATE, limit, length: self.plan.length, flows }
    },

    timer(self) {
      self.notify()
    },

    pull(self) {
      const { resource, router, plan } = self
      const { counts } = self.state
      const finishing = resource.limit !== NO_LIMIT && counts.count >= resource.limit
      if (!resource.active || (finishing && !tcp)) return null
      if (!isDue(self)) return null
      const flow = finishing ? unfinished(resource.flows, plan.flowSize) : pick(self)
      if (flow === null) return null
      const p = router.pool.allocLength(resource.length)
      if (p === null) {
        self.timerAt(router.nowMs + 1)
        return null
      }
      if (finishing) flow.sent = plan.flowSize - 1
      flow.sent++
      const kind = flow.sent === plan.flowSize ? LAST : flow.sent === 1 ? FIRST : MIDDLE
      p.mem.set(flow.packets[tcp ? kind : 0]!, p.off)
      p.net = p.off + ETHER_HEADER
      p.transport = p.net + 20
      p.dst = plan.header.dst
      counts.count++
      if (counts.count === 1) counts.first = router.nowMs
      if (resource.limit !== NO_LIMIT && counts.count >= resource.limit) counts.last = router.nowMs
      return p
    },

    handlers: {
      count: { read: (self) => String(self.state.counts.count) },
      rate: {
        read(self) {
          const { count, first, last } = self.state.counts
          return last === 0 ? '0' : String(Math.floor((count * 1000) / Math.max(last - first, 10)))
        },
        write(self, value) {
          self.resource.rate = integer(value, 'rate parameter must be integer >= 0')
          self.notify()
        },
      },
      limit: {
        write(self, value) {
          const limit = parseInteger(value.trim())
          if (limit === null) throw new Error('limit parameter must be integer >= 0')
          self.resource.limit = limit < 0 ? NO_LIMIT : limit
          self.notify()
        },
      },
      length: {
        read: (self) => String(self.resource.length),
        write(self, value) {
          const length = Math.max(integer(value, 'length parameter must be integer'), LENGTH_MIN)
          self.resource.length = Math.min(length, 0xffff)
          for (const flow of self.resource.flows) flow.packets = make(self, self.resource.length)
        },
      },
      reset: { button: true, write: reset },
      active: {
        read: (self) => String(self.resource.active),
        write(self, value) {
          const active = parseBool(value.trim())
          if (active === null) throw new Error('active parameter must be boolean')
          self.resource.active = active
          if (active) reset(self)
        },
      },
    },
  })

  /** The packets of a new flow, with random ports. */
  function make(self: Making, length: number): Uint8Array[] {
    const { header, checksum } = self.plan
    const port = () => Math.floor(self.router.random() * 0xffff)
    const flow = { src: header.src, dst: header.dst, sport: port(), dport: port() }
    return (tcp ? [FIRST, MIDDLE, LAST] : [FIRST]).map((kind) => {
      // A pool of one: what is written belongs to no frame of the router's.
      const p = new Pool(1).allocLength(length)!
      p.mem.set(header.dstEth, p.off)
      p.mem.set(header.srcEth, p.off + 6)
      p.mem.set([8, 0], p.off + 12)
      write(p, p.off + ETHER_HEADER, flow, kind, self.router, checksum)
      return p.mem.slice(p.off, p.end)
    })
  }

  function pick(self: Making & { readonly resource: Sending }): Flow {
    const { flows } = self.resource
    const flow = flows[Math.floor(self.router.random() * flows.length)]!
    if (flow.sent === self.plan.flowSize) {
      flow.packets = make(self, self.resource.length)
      flow.sent = 0
    }
    return flow
  }
}

interface Making {
  readonly router: RouterServices
  readonly plan: {
    readonly flowSize: number
    readonly checksum: boolean
    readonly header: {
      readonly src: number
      readonly dst: number
      readonly srcEth: Uint8Array
      readonly dstEth: Uint8Array
    }
  }
}

/** A flow whose last packet has not been sent; null: none. */
function unfinished(flows: readonly Flow[], size: number): Flow | null {
  return flows.find((flow) => flow.sent !== size) ?? null
}

interface Paced {
  readonly resource: Sending
  readonly router: RouterServices
  readonly state: { readonly counts: { count: number; first: number; last: number } }
  timerAt(ms: number): void
  notify(): void
}

/** Is the next packet due, at the rate that is set? Else the timer wakes the puller. */
function isDue(self: Paced): boolean {
  const { rate } = self.resource
  const { count, first } = self.state.counts
  if (rate === 0 || count === 0) return true
  const due = first + (count * 1000) / rate
  if (self.router.nowMs >= due) return true
  self.timerAt(due)
  return false
}

function reset(self: Paced): void {
  const { counts } = self.state
  counts.count = 0
  counts.first = 0
  counts.last = 0
  self.notify()
}

function integer(text: string, message: string): number {
  const value = parseInteger(text.trim())
  if (value === null || value < 0) throw new Error(message)
  return value
}
