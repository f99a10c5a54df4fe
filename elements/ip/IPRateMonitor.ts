/*
=c

IPRateMonitor(TYPE, RATIO, THRESH [, MEMORY, ANNO])

=s ipmeasure

measures coming and going IP traffic rates

=d

Measures the rates at which packets come from, and go to, addresses. Packets of input 0 count for their
source address, forward; those of input 1 for their destination address, reverse. They leave by the
output of the same number. At first, rates are kept by the first byte of addresses. Where one reaches
THRESH, they are kept by the next byte below it too, and so on down to single addresses; where they fall
below it, the finer rates are forgotten, about once a second. The IP header annotation must be set.

=over 8

=item TYPE

PACKETS or BYTES: what is counted.

=item RATIO

Number from 0 to 1: chance that a packet is counted.

=item THRESH

Integer: packets or bytes a second, as if RATIO were 1.

=item MEMORY

Unsigned integer: kilobytes that the rates may take, at least 100. Default is 0: no limit of one's own.

=item ANNO

Boolean. If true, the FWD_RATE and REV_RATE annotations of each packet are set to the rates of the finest
prefix of its address. Default is true.

=back

=h look read-only

Returns the time since the last reset, in units of 8 milliseconds, and a line a prefix: its bytes, and its
forward and reverse rate.

=h thresh read-only

Returns THRESH times RATIO.

=h mem read-only

Returns the bytes that the rates take.

=h memmax read/write

Returns the bytes that they may take; sets MEMORY.

=h anno_level write-only

Takes "ADDR LEVEL SECONDS": for so long, rates below level LEVEL, from 0 to 3, of the address's prefixes
are not kept.

=h reset write-only

Forgets all rates.

=e

  IPRateMonitor(PACKETS, 0.5, 256, 600);

=a AverageCounter
*/

import { cell, table } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseInteger, parseIp, splitSpaces } from '../../lib/click/args.ts'
import { RATE_PREFIXES_MAX } from '../../lib/limits.ts'
import { readIp } from '../lib/arp.ts'
import { hasIp, u16At } from '../lib/ip-header.ts'
import {
  EPOCHS_PER_SECOND,
  epochOf,
  fold,
  type Limits,
  look,
  type Monitored,
  memoryOf,
  note,
  RATE_ROW,
} from '../lib/prefix-rates.ts'

const MEMORY_MIN = 100

export default element({
  name: 'IPRateMonitor',
  ports: '1-2/1-2',
  config: {
    TYPE: arg.text().at().must(),
    RATIO: arg.real().at().must(),
    THRESH: arg.int().at().must(),
    MEMORY: arg.u32(0).at(),
    ANNO: arg.bool(true).at(),
  },
  state: {
    prefixes: table({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      key: { addr: 'i32', level: 'u8' },
      row: RATE_ROW,
      capacity: RATE_PREFIXES_MAX,
    }),
    marks: cell({
      version: 1,
      scope: 'shared',
      merge: 'max',
      row: { reset: 'f64', folded: 'f64', branches: 'u32' },
    }),
  },
  local: 'a setting that people change by a handler; a new version brings its own',

  configure(config, context) {
    const type = config.TYPE.toUpperCase()
    if (type !== 'PACKETS' && type !== 'BYTES')
      context.error('monitor type should be "PACKETS" or "BYTES"')
    if (config.RATIO < 0 || config.RATIO > 1) context.error('ratio must be between 0 and 1')
    return { packets: type === 'PACKETS', threshold: Math.floor(config.THRESH * config.RATIO) }
  },

  open: (self): Limits => ({ memory: memoryLimit(self.config.MEMORY) }),

  initialize(self) {
    self.state.marks.reset = epochOf(self.router.nowMs)
  },

  route(self, p, port) {
    if (!hasIp(p)) return port
    const m = p.mem
    const addr = readIp(m, p.net + (port === 0 ? 12 : 16))
    const counted = self.router.random() <= self.config.RATIO
    const amount = !counted ? 0 : self.plan.packets ? 1 : u16At(m, p.net + 2)
    note(self, addr, amount, port === 0, self.config.ANNO ? p : null)
    return port
  },

  handlers: {
    look: { read: (self) => look(self) },
    thresh: { read: (self) => String(self.plan.threshold) },
    mem: { read: (self) => String(memoryOf(self)) },
    memmax: {
      read: (self) => String(self.resource.memory),
      write(self, value) {
        const kilobytes = parseInteger(value.trim())
        if (kilobytes === null || kilobytes < 0) throw new Error('not an integer')
        self.resource.memory = memoryLimit(kilobytes)
        if (memoryOf(self) > self.resource.memory && self.resource.memory > 0)
          fold(self, self.plan.threshold)
      },
    },
    anno_level: { write: (self, value) => setLevel(self, value) },
    reset: {
      button: true,
      write(self) {
        self.state.prefixes.clear()
        self.state.marks.branches = 0
        self.state.marks.reset = epochOf(self.router.nowMs)
      },
    },
  },
})

function memoryLimit(kilobytes: number): number {
  return kilobytes === 0 ? 0 : Math.max(kilobytes, MEMORY_MIN) * 1024
}

function setLevel(self: Monitored, value: string): void {
  const words = splitSpaces(value)
  if (words.length !== 3) throw new Error('expecting 3 arguments')
  const addr = parseIp(words[0]!)
  if (addr === null) throw new Error('not an IP address')
  const level = parseInteger(words[1]!)
  if (level === null || level < 0 || level > 3)
    throw new Error('2nd argument specifies a level, between 0 and 3, to annotate')
  const seconds = parseInteger(words[2]!)
  if (seconds === null || seconds < 1)
    throw new Error('3rd argument specifies when this rule expires, must be > 0')
  const row = self.state.prefixes.get(addr & (-1 << (24 - 8 * level)), level)
  if (row === null) return
  row.held = epochOf(self.router.nowMs) + seconds * EPOCHS_PER_SECOND
  fold(self, Infinity, { addr, level })
}
