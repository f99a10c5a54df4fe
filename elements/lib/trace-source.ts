// The sources that read packets from a trace: what they have in common.
//
//   reader.advance()   the next record is in hand, with its time
//   range, sample      is it wanted? START and END, SAMPLE
//   TIMING             has its time come?
//   reader.make(pool)  a packet of it
//
// An element gives a reader and its own keywords; this gives task, pull, timer and handlers. No
// part of the resource refers to an instance, so another one can carry on with it.

import {
  type Arg,
  arg,
  type ConfigureContext,
  type RouterServices,
} from '../../dataplane/element.ts'
import type { Packet, Pool } from '../../dataplane/packet.ts'
import { callWrite, checkWriteCall, type HandlerCall, parseHandlerCall } from './handler-call.ts'
import { toBool } from './settings.ts'
import { parseTimeUs } from './time-text.ts'

/** Reads one trace. Throws Error for what is damaged: reading ends there. */
export interface TraceReader {
  /** Time of the record in hand, µs. */
  readonly timeUs: number
  /** Bytes of the (unpacked) file that were used, and before the record in hand. */
  readonly position: number
  readonly recordPosition: number
  /** Bytes of the file; null: not known. */
  readonly size: number | null
  readonly encap: string
  readonly filename: string
  /** Has the next record in hand; false: there is none. */
  advance(report: (problem: string) => void): boolean
  /** The packet of the record in hand; null: no frame is free. */
  make(pool: Pool): Packet | null
  /** FORCE_IP goes without saying. */
  readonly isAlwaysIp?: boolean
  /** With FORCE_IP: sets the network header; false: it is no IP packet. */
  isIp?(p: Packet): boolean
  /** Goes on from there; false: it cannot. */
  seek(position: number): boolean
  close(): void
}

export interface Reading {
  readonly reader: TraceReader
  readonly plan: SourcePlan
  active: boolean
  /** A record was read that has not become a packet yet. */
  inHand: boolean
  /** The range is known in absolute time. */
  begun: boolean
  startUs: number
  /** Infinity: none, or it was reached already. */
  endUs: number
  /** The end as it was before it was reached. */
  lastEndUs: number
  /** Router's clock minus the file's, in ms; null: no packet came yet. */
  shiftMs: number | null
  position: number
}

/** Keywords of all sources. */
export const SOURCE_KEYWORDS = {
  STOP: arg.bool(false),
  ACTIVE: arg.bool(true),
  SAMPLE: arg.real(1),
} as const

/** Keywords of those that read captured packets. */
export const RANGE_KEYWORDS = {
  ...SOURCE_KEYWORDS,
  TIMING: arg.bool(false),
  FORCE_IP: arg.bool(false),
  START: arg.text(''),
  START_AFTER: arg.text(''),
  END: arg.text(''),
  END_AFTER: arg.text(''),
  INTERVAL: arg.text(''),
  END_CALL: arg.text(''),
  MMAP: arg.bool(false),
} as const satisfies Readonly<Record<string, Arg<unknown>>>

interface SourceConfig {
  readonly STOP: boolean
  readonly ACTIVE: boolean
  readonly SAMPLE: number
  readonly TIMING?: boolean
  readonly FORCE_IP?: boolean
  readonly START?: string
  readonly START_AFTER?: string
  readonly END?: string
  readonly END_AFTER?: string
  readonly INTERVAL?: string
  readonly END_CALL?: string
}

export interface SourcePlan {
  readonly sample: number
  readonly endCall: HandlerCall
  readonly startUs: number
  readonly startAfter: boolean
  readonly endUs: number
  /** What END is counted from: nothing, the first record, the start. */
  readonly endFrom: 'epoch' | 'first' | 'start'
}

export interface SourceSelf {
  readonly name: string
  readonly className: string
  readonly config: SourceConfig
  readonly resource: Reading
  readonly counters: { count: number }
  readonly router: RouterServices
  readonly noutputs: number
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly out: readonly ((p: Packet) => void)[]
  kill(p: Packet): void
  schedule(): void
  notify(): void
  timerAt(ms: number): void
}

/** Bits behind the point of sampling probabilities, as Click has them. */
const SAMPLE_ONE = 2 ** 28

export function sourcePlan(config: SourceConfig, context: ConfigureContext): SourcePlan {
  const { SAMPLE, STOP, END_CALL = '' } = config
  if (SAMPLE < 0) context.error('SAMPLE: must not be negative')
  if (SAMPLE > 1) context.warning('SAMPLE probability reduced to 1')
  const sample = Math.round(Math.min(1, Math.max(0, SAMPLE)) * SAMPLE_ONE) / SAMPLE_ONE
  if (sample === 0) context.warning('SAMPLE probability is 0; emitting no packets')
  if (STOP && END_CALL !== '') context.error('END_CALL and STOP are mutually exclusive')
  const { START = '', START_AFTER = '', END = '', END_AFTER = '', INTERVAL = '' } = config
  if (START !== '' && START_AFTER !== '')
    context.error('START and START_AFTER are mutually exclusive')
  if ([END, END_AFTER, INTERVAL].filter((text) => text !== '').length > 1)
    context.error('END, END_AFTER, and INTERVAL are mutually exclusive')
  const read = (keyword: string, text: string, none: number): number => {
    if (text === '') return none
    const us = parseTimeUs(text)
    if (us === null) context.error(`${keyword}: expected a time in seconds`)
    return us ?? none
  }
  const start = read('START', START, read('START_AFTER', START_AFTER, -Infinity))
  const end = read('END', END, read('END_AFTER', END_AFTER, read('INTERVAL', INTERVAL, Infinity)))
  const call =
    END_CALL !== '' ? END_CALL : STOP ? `${context.name}.stop` : `${context.name}.active false`
  return {
    sample,
    endCall: parseHandlerCall(call)!,
    startUs: start,
    startAfter: START_AFTER !== '',
    endUs: end,
    endFrom: END !== '' ? 'epoch' : END_AFTER !== '' ? 'first' : 'start',
  }
}

export function beginReading(reader: TraceReader, plan: SourcePlan, active: boolean): Reading {
  return {
    reader,
    plan,
    active,
    inHand: false,
    begun: false,
    startUs: -Infinity,
    endUs: Infinity,
    lastEndUs: Infinity,
    shiftMs: null,
    position: 0,
  }
}

/** What an element of trace sources has besides keywords, `configure` and `open`. */
export const SOURCE_PARTS = {
  initialize(self: SourceSelf, errors: Parameters<typeof checkWriteCall>[2]): void {
    checkWriteCall(self, self.resource.plan.endCall, errors)
    if (self.outputKinds[0] === 'push') self.schedule()
  },
  close(self: SourceSelf): void {
    self.resource.reader.close()
  },
  task(self: SourceSelf): boolean {
    if (self.outputKinds[0] !== 'push') return false
    const p = fetch(self)
    if (p !== null) self.out[0]!(p)
    return p !== null
  },
  pull: (self: SourceSelf): Packet | null => fetch(self),
  timer(self: SourceSelf): void {
    wake(self)
  },
}

function wake(self: SourceSelf): void {
  if (self.outputKinds[0] === 'push') self.schedule()
  self.notify()
}

function setActive(self: SourceSelf, active: boolean): void {
  self.resource.active = active
  if (active) wake(self)
}

/** The next packet for output 0; null: none now, at the end, or its time has not come. */
function fetch(self: SourceSelf): Packet | null {
  const { resource, router, config } = self
  const { reader } = resource
  while (resource.active) {
    if (!resource.inHand && !next(self)) return null
    if (config.TIMING === true && !isDue(self)) return null
    const p = reader.make(router.pool)
    if (p === null) {
      self.timerAt(router.nowMs + 1) // frames come back when packets have left
      return null
    }
    resource.inHand = false
    self.counters.count++
    const check = config.FORCE_IP === true || reader.isAlwaysIp === true
    if (!check || reader.isIp === undefined || reader.isIp(p)) return p
    self.counters.count--
    if (self.noutputs > 1) self.out[1]!(p)
    else self.kill(p)
  }
  return null
}

/** Has the next record in hand that is wanted; false: there is none. */
function next(self: SourceSelf): boolean {
  const { resource, router } = self
  const { reader, plan } = resource
  for (;;) {
    let there = false
    try {
      there = reader.advance((problem) => router.print(problem))
    } catch (error) {
      router.print((error as Error).message)
    }
    resource.position = reader.recordPosition
    if (!there) {
      callWrite(self, plan.endCall)
      return false
    }
    if (!resource.begun) beginRange(resource, plan)
    if (reader.timeUs < resource.startUs) continue
    if (reader.timeUs >= resource.endUs) {
      resource.endUs = Infinity
      callWrite(self, plan.endCall)
      if (!resource.active) return false
    }
    if (plan.sample < 1 && router.random() >= plan.sample) continue
    resource.inHand = true
    return true
  }
}

/** With the first record, relative times become absolute. */
function beginRange(resource: Reading, plan: SourcePlan): void {
  const first = resource.reader.timeUs
  resource.begun = true
  resource.startUs = plan.startUs + (plan.startAfter ? first : 0)
  const start = resource.startUs === -Infinity ? first : resource.startUs
  const from = plan.endFrom === 'epoch' ? 0 : plan.endFrom === 'first' ? first : start
  resource.endUs = plan.endUs + from
  resource.lastEndUs = resource.endUs
}

function isDue(self: SourceSelf): boolean {
  const { resource, router } = self
  const fileMs = resource.reader.timeUs / 1000
  resource.shiftMs ??= router.nowMs - fileMs
  const due = fileMs + resource.shiftMs
  // A turn's clock is a fraction of a microsecond old; that is no reason to wait for another.
  if (due <= router.nowMs + 1e-4) return true
  self.timerAt(due)
  return false
}

function probabilityText(sample: number): string {
  return String(Number(sample.toFixed(9)))
}

/** Handlers of all sources. */
export const SOURCE_HANDLERS = {
  active: {
    read: (self: SourceSelf): string => String(self.resource.active),
    write: (self: SourceSelf, value: string): void => setActive(self, toBool(value)),
  },
  encap: { read: (self: SourceSelf): string => self.resource.reader.encap },
  filename: { read: (self: SourceSelf): string => self.resource.reader.filename },
  filesize: { read: (self: SourceSelf): string => String(self.resource.reader.size ?? '-') },
  sampling_prob: { read: (self: SourceSelf): string => probabilityText(self.resource.plan.sample) },
  stop: {
    button: true,
    write(self: SourceSelf): void {
      self.resource.active = false
      self.router.stop()
    },
  },
} as const

const filepos = { read: (self: SourceSelf): string => String(self.resource.reader.position) }

/** Handlers of sources that read lines of text. */
export const TEXT_HANDLERS = { ...SOURCE_HANDLERS, filepos } as const

/** Handlers of sources that read captured packets. */
export const RANGE_HANDLERS = {
  ...SOURCE_HANDLERS,
  filepos: {
    ...filepos,
    write(self: SourceSelf, value: string): void {
      const position = Number(value.trim())
      if (!/^\s*\d+\s*$/.test(value) || !self.resource.reader.seek(position))
        throw new Error('type mismatch')
      self.resource.inHand = false
    },
  },
  packet_filepos: { read: (self: SourceSelf): string => String(self.resource.position) },
  extend_interval: {
    write(self: SourceSelf, value: string): void {
      const us = parseTimeUs(value.trim())
      if (us === null) throw new Error("'extend_interval' takes a time interval")
      extend(self, us)
    },
  },
  reset_timing: {
    button: true,
    write(self: SourceSelf): void {
      self.resource.shiftMs = null
    },
  },
  reset_counts: {
    button: true,
    write(self: SourceSelf): void {
      self.counters.count = 0
    },
  },
} as const

/** The end moves on from where it was, also where it was reached already. */
function extend(self: SourceSelf, us: number): void {
  const { resource } = self
  resource.lastEndUs += us
  resource.endUs = resource.lastEndUs
  setActive(self, true)
}
