/*
=c

FromIPSummaryDump(FILENAME [, I<keywords>])

=s traces

reads packets from an IP summary dump file

=d

Reads lines that describe IP packets, as ToIPSummaryDump writes them, and makes packets
of them. C<-> is the standard input. A line C<!data FIELDS> says what the words of the
lines after it are; C<!flowid>, C<!proto> and C<!aggregate> give values that lines
lack. Packets are IPv4, TCP unless something else is said, with a time to live of 100;
what is not given is zero. Binary dumps are not read.

=over 8

=item FILENAME

File name. May be left out with DATA.

=item STOP

Boolean. If true, asks the driver to stop at the end of the file. Default is false.

=item TIMING

Boolean. If true, keeps the time between packets. Default is false.

=item ACTIVE

Boolean. If false, emits nothing until the C<active> handler is written. Default is
true.

=item ZERO

Boolean. Accepted; what is not given is always zero.

=item CHECKSUM

Boolean. If true, checksums are set and packets have bytes for all of their IP length.
If false, packets end with what is given, and the extra length annotation has the rest.
Default is false.

=item PROTO

Byte. IP protocol where nothing says it. Default is 6.

=item MULTIPACKET

Boolean. If true, a line whose C<count> is N makes N packets. Default is false.

=item SAMPLE

Real number from 0 to 1: the probability of each packet to be emitted. Default is 1.

=item FIELDS

Names of fields until a C<!data> line says others. Default is C<ip_src ip_dst>.

=item FLOWID

C<SRC SPORT DST DPORT [PROTO]>: values for packets that have none.

=item DATA

String. The text itself, in place of a file.

=item ALLOW_NONEXISTENT

Boolean. If true, a file that is not there counts as an empty one. Default is false.

=back

=h active read/write

Returns or sets the ACTIVE parameter.

=h count read-only

Returns the number of packets emitted.

=h encap read-only

Returns 'IP'.

=h sampling_prob read-only

Returns the SAMPLE parameter.

=h stop write-only

Sets C<active> to false and asks the driver to stop.

=e

  FromIPSummaryDump(in.dump, STOP true, CHECKSUM true) -> Print -> Discard;

=a ToIPSummaryDump, FromDump
*/

import { existsSync } from 'node:fs'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { LineReader } from '../lib/line-reader.ts'
import { toBool } from '../lib/settings.ts'
import { protoNumber } from '../lib/summary-fields.ts'
import { buildPacket } from '../lib/summary-packet.ts'
import {
  type Defaults,
  parseFields,
  parseFlow,
  parseLine,
  type Summary,
} from '../lib/summary-read.ts'

interface Reading {
  readonly reader: LineReader
  fields: readonly (string | null)[]
  readonly defaults: Defaults
  active: boolean
  /** Read, and not emitted yet: its time has not come, or it stands for several packets. */
  next: Summary | null
  /** How many packets `next` still makes. */
  copies: number
  /** Router's clock minus the file's, in ms; null: no packet came yet. */
  shiftMs: number | null
  complained: boolean
  ended: boolean
}

export default element({
  name: 'FromIPSummaryDump',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    FILENAME: arg.filename('').at(),
    STOP: arg.bool(false),
    TIMING: arg.bool(false),
    ACTIVE: arg.bool(true),
    ZERO: arg.bool(true),
    CHECKSUM: arg.bool(false),
    PROTO: arg.u8(6),
    MULTIPACKET: arg.bool(false),
    SAMPLE: arg.real(1),
    FIELDS: arg.text('ip_src ip_dst'),
    DEFAULT_FIELDS: arg.text(''),
    FLOWID: arg.text(''),
    DEFAULT_FLOWID: arg.text(''),
    DATA: arg.string(''),
    ALLOW_NONEXISTENT: arg.bool(false),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure(config, context) {
    const fields = parseFields(config.DEFAULT_FIELDS === '' ? config.FIELDS : config.DEFAULT_FIELDS)
    if (fields.includes(null)) context.error(`FIELDS: unknown field in '${config.FIELDS}'`)
    const given = config.DEFAULT_FLOWID === '' ? config.FLOWID : config.DEFAULT_FLOWID
    const flow = given === '' ? {} : parseFlow(given)
    if (flow === null) context.error('FLOWID: expected SRC SPORT DST DPORT [PROTO]')
    if (config.FILENAME === '' && config.DATA === '')
      context.error('FILENAME: required argument missing')
    if (config.SAMPLE < 0 || config.SAMPLE > 1) context.error('SAMPLE must be from 0 to 1')
    return { fields, flow: flow ?? {} }
  },

  open(self): Reading {
    const { FILENAME, DATA, ALLOW_NONEXISTENT, PROTO, ACTIVE } = self.config
    const missing = ALLOW_NONEXISTENT && FILENAME !== '-' && !existsSync(FILENAME)
    const reader = new LineReader(FILENAME, DATA !== '' || missing ? DATA : null)
    return {
      reader,
      fields: self.plan.fields,
      defaults: { proto: PROTO, flow: self.plan.flow, aggregate: 0 },
      active: ACTIVE,
      next: null,
      copies: 0,
      shiftMs: null,
      complained: false,
      ended: false,
    }
  },

  initialize(self) {
    if (self.outputKinds[0] === 'push') self.schedule()
  },

  close(self) {
    self.resource.reader.close()
  },

  task(self) {
    if (self.outputKinds[0] !== 'push') return false
    const p = fetch(self)
    if (p !== null) self.out[0]!(p)
    return p !== null
  },

  pull(self) {
    return fetch(self)
  },

  timer(self) {
    self.schedule()
    self.notify()
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        self.schedule()
        self.notify()
      },
    },
    encap: { read: () => 'IP' },
    sampling_prob: { read: (self) => String(self.config.SAMPLE) },
    stop: {
      button: true,
      write(self) {
        self.resource.active = false
        self.router.stop()
      },
    },
  },
})

interface Me {
  readonly resource: Reading
  readonly config: {
    readonly STOP: boolean
    readonly TIMING: boolean
    readonly CHECKSUM: boolean
    readonly MULTIPACKET: boolean
    readonly SAMPLE: number
  }
  readonly counters: { count: number }
  readonly router: {
    readonly nowMs: number
    readonly pool: import('../../dataplane/packet.ts').Pool
    random(): number
    stop(): void
    print(line: string): void
  }
  readonly name: string
  timerAt(ms: number): void
}

/** The next packet; null: none now, at the end, or its time has not come. */
function fetch(self: Me): Packet | null {
  const { resource, config, router } = self
  while (resource.active) {
    if (resource.next === null && !read(self)) return null
    const summary = resource.next!
    if (!isDue(self, summary)) return null
    const wanted = config.SAMPLE >= 1 || router.random() < config.SAMPLE
    const p = wanted ? buildPacket(summary, router.pool, { checksum: config.CHECKSUM }) : null
    if (wanted && p === null) {
      self.timerAt(router.nowMs + 1) // frames come back when packets have left
      return null
    }
    if (--resource.copies <= 0) resource.next = null
    if (p === null) continue
    self.counters.count++
    return p
  }
  return null
}

function isDue(self: Me, summary: Summary): boolean {
  if (!self.config.TIMING) return true
  const { resource, router } = self
  const fileMs = summary.timeUs / 1000
  resource.shiftMs ??= router.nowMs - fileMs
  const due = fileMs + resource.shiftMs
  // A turn's clock is a fraction of a microsecond old; that is no reason to wait for another.
  if (due <= router.nowMs + 1e-4) return true
  self.timerAt(due)
  return false
}

/** Reads on to the next line that is a packet; false: the file is at its end. */
function read(self: Me): boolean {
  const { resource, config } = self
  for (let line = resource.reader.next(); line !== null; line = resource.reader.next()) {
    if (line.startsWith('!')) {
      directive(self, line)
      continue
    }
    if (line.trim() === '' || line.startsWith('#')) continue
    const summary = parseLine(line, resource.fields, resource.defaults)
    if (summary === null) {
      complain(self, `packet parse error in '${line.slice(0, 80)}'`)
      continue
    }
    resource.copies = config.MULTIPACKET ? Math.max(1, summary.count) : 1
    if (config.MULTIPACKET) summary.count = 1
    resource.next = summary
    return true
  }
  resource.active = false
  if (config.STOP && !resource.ended) self.router.stop()
  resource.ended = true
  return false
}

function directive(self: Me, line: string): void {
  const [word = '', rest = ''] = line.split(/\s+(.*)/s)
  const { defaults } = self.resource
  const proto = protoNumber(rest.trim())
  if (word === '!data' || word === '!contents') self.resource.fields = parseFields(rest)
  else if (word === '!flowid' || word === '!flow') defaults.flow = parseFlow(rest) ?? {}
  else if (word === '!proto' && proto !== null) defaults.proto = proto
  else if (word === '!aggregate') defaults.aggregate = Number(rest) >>> 0
  else if (word === '!binary') {
    complain(self, 'binary dumps cannot be read')
    self.resource.active = false
  }
}

/** Once for each file. */
function complain(self: Me, message: string): void {
  if (!self.resource.complained) self.router.print(`${self.name}: ${message}`)
  self.resource.complained = true
}
