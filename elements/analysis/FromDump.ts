/*
=c

FromDump(FILENAME [, I<keywords> STOP, TIMING, SAMPLE, FORCE_IP, ACTIVE, END_CALL])

=s traces

reads packets from a tcpdump file

=d

Reads packets from a file that tcpdump or ToDump has written, of either byte order
and either resolution of time, and emits them. C<-> is the standard input.

=over 8

=item FILENAME

File name.

=item STOP

Boolean. If true, asks the driver to stop at the end of the file. Default is false.

=item TIMING

Boolean. If true, keeps the time between packets: the first goes out at once.
Default is false.

=item SAMPLE

Real number from 0 to 1: the probability of each packet to be emitted. Default is 1.

=item FORCE_IP

Boolean. If true, emits only IP packets, with their network header set. Others go to
output 1, where there is one. Default is false.

=item ACTIVE

Boolean. If false, emits nothing until the C<active> handler is written. Default is
true.

=item END_CALL

A write handler that is called at the end of the file. END_CALL and STOP exclude each
other.

=item MMAP

Accepted.

=back

=h count read-only

Returns the number of packets emitted.

=h reset_counts write-only

Resets the count to zero.

=h active read/write

Returns or sets the ACTIVE parameter.

=h encap read-only

Returns the file's link type, as ToDump's ENCAP has it.

=h filename read-only

Returns the name of the file.

=h filepos read-only

Returns how many bytes of the file have been used.

=h sampling_prob read-only

Returns the SAMPLE parameter.

=e

  FromDump(in.pcap, STOP true) -> Print -> Discard;

=a ToDump
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { callWrite, checkWriteCall, parseHandlerCall } from '../lib/handler-call.ts'
import { markIp } from '../lib/link-ip.ts'
import { linktypeName, PcapReader, type PcapRecord } from '../lib/pcap.ts'
import { toBool } from '../lib/settings.ts'

interface Reading {
  readonly reader: PcapReader
  readonly record: PcapRecord
  active: boolean
  /** A packet was read whose time has not come. */
  waiting: boolean
  /** Router's clock minus the file's, in ms; null: no packet came yet. */
  shiftMs: number | null
  ended: boolean
}

export default element({
  name: 'FromDump',
  ports: '0/1-2',
  processing: 'a/ah',
  source: true,

  config: {
    FILENAME: arg.filename().at().must(),
    STOP: arg.bool(false),
    TIMING: arg.bool(false),
    SAMPLE: arg.real(1),
    FORCE_IP: arg.bool(false),
    ACTIVE: arg.bool(true),
    END_CALL: arg.text(''),
    MMAP: arg.bool(false),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure(config, context) {
    if (config.SAMPLE < 0 || config.SAMPLE > 1) context.error('SAMPLE must be from 0 to 1')
    if (config.STOP && config.END_CALL !== '')
      context.error('END_CALL and STOP are mutually exclusive')
    return { endCall: parseHandlerCall(config.STOP ? 'stop' : config.END_CALL) }
  },

  open(self): Reading {
    const reader = new PcapReader(self.config.FILENAME)
    const record: PcapRecord = { timeUs: 0, wireLength: 0, data: new Uint8Array(0) }
    const { ACTIVE } = self.config
    return { reader, record, active: ACTIVE, waiting: false, shiftMs: null, ended: false }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.endCall, errors)
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
    encap: { read: (self) => linktypeName(self.resource.reader.linktype) },
    filename: { read: (self) => self.config.FILENAME },
    filepos: { read: (self) => String(self.resource.reader.filepos) },
    sampling_prob: { read: (self) => String(self.config.SAMPLE) },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
      },
    },
  },
})

type Me = Parameters<typeof callWrite>[0] & {
  readonly resource: Reading
  readonly plan: { readonly endCall: ReturnType<typeof parseHandlerCall> }
  readonly config: { readonly TIMING: boolean; readonly SAMPLE: number; readonly FORCE_IP: boolean }
  readonly counters: { count: number }
  readonly noutputs: number
  readonly out: readonly ((p: Packet) => void)[]
  kill(p: Packet): void
  timerAt(ms: number): void
}

/** The next packet for output 0; null: none now, at the end, or its time has not come. */
function fetch(self: Me): Packet | null {
  for (;;) {
    if (!self.resource.active || !read(self)) return null
    const { record } = self.resource
    const { pool } = self.router
    const p = pool.allocLength(record.data.length)
    if (p === null) {
      self.timerAt(self.router.nowMs + 1) // frames come back when packets have left
      return null
    }
    self.resource.waiting = false
    p.mem.set(record.data, p.off)
    p.timeUs = record.timeUs
    p.mac = p.off
    self.counters.count++
    if (!self.config.FORCE_IP || markIp(p, self.resource.reader.linktype)) return p
    if (self.noutputs > 1) self.out[1]!(p)
    else self.kill(p)
  }
}

/** Has the next record in hand, and its time has come. */
function read(self: Me): boolean {
  const { resource, config, router } = self
  while (!resource.waiting) {
    if (!nextRecord(self)) return false
    resource.waiting = config.SAMPLE >= 1 || router.random() < config.SAMPLE
  }
  if (!config.TIMING) return true
  const fileMs = resource.record.timeUs / 1000
  resource.shiftMs ??= router.nowMs - fileMs
  const due = fileMs + resource.shiftMs
  if (due <= router.nowMs) return true
  self.timerAt(due)
  return false
}

function nextRecord(self: Me): boolean {
  const { resource } = self
  try {
    if (resource.reader.next(resource.record)) return true
  } catch (error) {
    if (!resource.ended) self.router.print((error as Error).message)
  }
  resource.active = false
  if (!resource.ended && self.plan.endCall !== null) callWrite(self, self.plan.endCall)
  resource.ended = true
  return false
}
