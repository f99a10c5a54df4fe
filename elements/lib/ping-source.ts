// ICMPPingSource, under its two names: echo requests, and what ping(8) says of the replies.

import { cell, type Row, type Table, table } from '../../dataplane/declare.ts'
import { type AnyElement, arg, element, type RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseIp, parseSeconds } from '../../lib/click/args.ts'
import { readIp } from './arp.ts'
import { ECHO, ECHO_REPLY, setIcmpChecksum } from './icmp.ts'
import {
  hasIp,
  headerLength,
  ICMP,
  IP_HEADER,
  setU16,
  transportOf,
  u16At,
  writeIpHeader,
} from './ip-header.ts'
import { SETTINGS, toBool, toInteger } from './settings.ts'
import { dataBytes } from './source-data.ts'
import { ipText } from './text.ts'

const TTL = 200
const HEADERS = 28
/** Sequence numbers: as many requests are remembered. */
const SEQUENCES = 65_536

const TIMES = {
  count: 'f64',
  received: 'f64',
  again: 'f64',
  least: 'f64',
  most: 'f64',
  sum: 'f64',
  squares: 'f64',
  /** The next request's time, where one has been set. */
  due: 'time',
  has_due: 'u8',
} as const
const SENT = { at: 'f64', answered: 'u8' } as const

interface Settings {
  src: number
  dst: number
  limit: number
  everyMs: number
  active: boolean
  stop: boolean
  /** The timer is set. */
  running: boolean
  readonly data: Uint8Array
}

interface Me {
  readonly name: string
  readonly className: string
  readonly ninputs: number
  readonly config: {
    readonly IDENTIFIER: number
    readonly VERBOSE: boolean
    readonly MIRROR: boolean
  }
  readonly resource: Settings
  readonly state: {
    readonly sent: Table<{ sequence: 'u16' }, typeof SENT>
    readonly times: Row<typeof TIMES>
  }
  readonly router: RouterServices
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly out: readonly ((p: Packet) => void)[]
  kill(p: Packet): void
  timerAt(ms: number): void
}

export function makeICMPPingSource(name: string): AnyElement {
  return element({
    name,
    ports: '0-1/1',
    processing: 'h/a',
    source: true,
    config: {
      SRC: arg.ip().at().must(),
      DST: arg.ip().at().must(),
      INTERVAL: arg.seconds(1),
      IDENTIFIER: arg.u16(0),
      DATA: arg.string(''),
      LIMIT: arg.int(-1),
      ACTIVE: arg.bool(true),
      VERBOSE: arg.bool(true),
      STOP: arg.bool(false),
      MIRROR: arg.bool(false),
    },
    state: {
      sent: table({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        key: { sequence: 'u16' },
        row: SENT,
        capacity: SEQUENCES,
      }),
      times: cell({ version: 1, scope: 'shared', merge: 'sum', row: TIMES }),
    },
    local: SETTINGS,

    configure(config, context) {
      if (config.INTERVAL < 0.001) context.warning('INTERVAL so small that it is zero')
      return { everyMs: Math.floor(config.INTERVAL * 1000) }
    },

    open(self): Settings {
      const { SRC, DST, LIMIT, ACTIVE, STOP, DATA } = self.config
      const data = dataBytes(DATA, -1)
      const { everyMs } = self.plan
      const given = { src: SRC, dst: DST, limit: LIMIT, active: ACTIVE, stop: STOP }
      return { ...given, everyMs, running: false, data }
    },

    initialize(self, errors) {
      const { active, limit } = self.resource
      if (self.outputKinds[0] === 'push') {
        // Once the router is active: it may go on where another one was.
        if (active && limit !== 0) start(self, 0)
      } else if (self.config.MIRROR) errors.error('MIRROR invalid on pull element')
    },

    timer(self) {
      const { resource, state, router } = self
      resource.running = false
      const { times } = state
      if (times.has_due === 0) setDue(self, resource.everyMs)
      if (router.nowMs < times.due) {
        start(self, times.due - router.nowMs)
        return
      }
      if (state.times.count >= resource.limit && resource.limit >= 0) {
        if (resource.stop) router.stop()
        return
      }
      const q = router.pool.allocLength(HEADERS + resource.data.length)
      if (q !== null) {
        q.mem.set(resource.data, q.off + HEADERS)
        request(self, q)
        self.out[0]!(q)
      }
      setDue(self, resource.everyMs)
      start(self, resource.everyMs)
    },

    pull(self) {
      const { resource, state, router } = self
      if (state.times.count >= resource.limit && resource.limit >= 0) {
        if (resource.stop) router.stop()
        resource.stop = false
        return null
      }
      const q = router.pool.allocLength(HEADERS + resource.data.length)
      if (q === null) return null
      q.mem.set(resource.data, q.off + HEADERS)
      request(self, q)
      return q
    },

    push(self, _port, p) {
      if (!isReply(self, p)) {
        self.kill(p)
        return
      }
      receive(self, p, transportOf(p))
      if (!self.config.MIRROR) {
        self.kill(p)
        return
      }
      p.off = p.net
      request(self, p)
      self.out[0]!(p)
    },

    close(self) {
      if (self.ninputs === 0 || !self.config.VERBOSE) return
      for (const line of summary(self).trimEnd().split('\n'))
        self.router.print(`${self.name} :: ${self.className}: ${line}`)
    },

    handlers: {
      active: {
        read: (self) => String(self.resource.active),
        write(self, value) {
          self.resource.active = toBool(value)
          if (self.resource.active) goOn(self, 0)
          else {
            self.resource.running = false
            self.timerAt(-1)
          }
        },
      },
      count: { read: (self) => String(self.state.times.count) },
      src: {
        read: (self) => ipText(self.resource.src),
        write(self, value) {
          self.resource.src = address(value)
        },
      },
      dst: {
        read: (self) => ipText(self.resource.dst),
        write(self, value) {
          self.resource.dst = address(value)
        },
      },
      limit: {
        write(self, value) {
          self.resource.limit = toInteger(value, -Infinity, "'limit' should be integer")
          goOn(self, self.resource.everyMs)
        },
      },
      interval: {
        write(self, value) {
          const seconds = parseSeconds(value.trim())
          if (seconds === null) throw new Error("'interval' should be an interval")
          self.resource.everyMs = Math.floor(seconds * 1000)
        },
      },
      reset_counts: {
        button: true,
        write(self) {
          self.state.sent.clear()
          const { times } = self.state
          for (const column of Object.keys(TIMES) as (keyof typeof TIMES)[]) times[column] = 0
          goOn(self, self.resource.everyMs)
        },
      },
      summary: { raw: true, read: (self) => summary(self) },
      rtt_min: { read: (self) => timeText(self.state.times.least) },
      rtt_avg: { read: (self) => timeText(average(self)) },
      rtt_max: { read: (self) => timeText(self.state.times.most) },
    },
  })
}

function start(self: Me, afterMs: number): void {
  self.resource.running = true
  self.timerAt(self.router.nowMs + afterMs)
}

function setDue(self: Me, afterMs: number): void {
  const { times } = self.state
  times.due = self.router.nowMs + afterMs
  times.has_due = 1
}

/** After a change: there may be requests to send again. */
function goOn(self: Me, afterMs: number): void {
  const { active, limit, running } = self.resource
  if (!active || running || self.outputKinds[0] !== 'push') return
  if (limit >= 0 && self.state.times.count >= limit) return
  setDue(self, afterMs)
  start(self, afterMs)
}

/** Makes the packet the next request; what is behind its headers stays. */
function request(self: Me, q: Packet): void {
  const { resource, router, state } = self
  const m = q.mem
  const n = q.off
  const t = n + IP_HEADER
  const sequence = (state.times.count % 0xffff) + 1
  state.times.count++
  writeIpHeader(m, n, q.end - n, sequence, TTL, ICMP, resource.src, resource.dst)
  m[t] = ECHO
  m[t + 1] = 0
  m[t + 4] = self.config.IDENTIFIER
  m[t + 5] = self.config.IDENTIFIER >>> 8
  setU16(m, t + 6, sequence)
  setIcmpChecksum(m, t, q.end - t)
  q.net = n
  q.transport = t
  q.dst = resource.dst
  q.timeUs = router.nowUs
  if (self.ninputs === 0) return
  const row = self.state.sent.insert(-1, sequence)
  if (row === null) return
  row.at = q.timeUs
  row.answered = 0
}

function isReply(self: Me, p: Packet): boolean {
  const m = p.mem
  if (!hasIp(p) || m[p.net + 9] !== ICMP) return false
  const t = transportOf(p)
  if (t + 8 > p.end || m[t] !== ECHO_REPLY) return false
  return (m[t + 4]! | (m[t + 5]! << 8)) === self.config.IDENTIFIER
}

/** Counts a reply and its round trip time. */
function receive(self: Me, p: Packet, t: number): void {
  const m = p.mem
  const sequence = u16At(m, t + 6)
  const row = self.state.sent.get(sequence)
  if (row === null) return
  const { times } = self.state
  if (row.answered !== 0) times.again++
  row.answered = 1
  let us = 0
  if (p.timeUs !== 0) {
    us = Math.max(0, Math.floor(p.timeUs - row.at))
    if (us < times.least || times.received === 0) times.least = us
    if (us > times.most || times.received === 0) times.most = us
    times.sum += us
    times.squares += us * us
  }
  times.received++
  if (!self.config.VERBOSE) return
  const n = p.net
  const bytes = u16At(m, n + 2) - headerLength(m, n) - 8
  const text = `${bytes} bytes from ${ipText(readIp(m, n + 12))}: icmp_seq=${sequence}`
  const who = `${self.name} :: ${self.className}`
  self.router.print(`${who}: ${text} ttl=${m[n + 8]} time=${milliseconds(us)} ms`)
}

function average(self: Me): number {
  const { sum, received } = self.state.times
  return Math.floor(sum / Math.max(1, received))
}

function summary(self: Me): string {
  const { count, received, again, least, most, squares } = self.state.times
  let text = `${count} packets transmitted, ${received - again} received`
  if (again > 0) text += `, +${again} duplicates`
  if (count > 0)
    text += `, ${Math.trunc(((count - received - again) * 100) / count)}% packet loss\n`
  if (received > 0) {
    const mean = average(self)
    const spread = Math.floor(Math.sqrt(Math.max(0, Math.floor(squares / received) - mean * mean)))
    const all = [least, mean, most, spread].map(milliseconds).join('/')
    text += `rtt min/avg/max/mdev = ${all}\n`
  }
  return text
}

function milliseconds(us: number): string {
  return `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, '0')}`
}

/** As Click prints microseconds: '12us', '0.012345s'. */
function timeText(us: number): string {
  if (us > 0 && us < 1000) return `${us}us`
  return `${(us / 1e6).toFixed(6).replace(/\.?0+$/, '')}s`
}

function address(value: string): number {
  const addr = parseIp(value.trim())
  if (addr === null) throw new Error('syntax error')
  return addr
}
