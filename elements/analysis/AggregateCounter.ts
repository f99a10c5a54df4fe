/*
=c

AggregateCounter([I<keywords>])

=s aggregates

counts packets or bytes by aggregate annotation

=d

Passes packets and counts them under their aggregate annotation. While it is frozen, only
aggregates that have been seen before are counted. Packets of a second input are counted
in that way always. With a second output, pushed packets that were not counted go there.

=over 8

=item BYTES

Boolean. If true, bytes are counted in place of packets. Default is false.

=item IP_BYTES

Boolean. If true, bytes count from the network header on. Default is false.

=item MULTIPACKET

Boolean. If true, a packet that stands for several counts as so many. Default is true.

=item EXTRA_LENGTH

Boolean. If true, bytes are counted that the extra length annotation tells of. Default is
true.

=item AGGREGATE_STOP, COUNT_STOP

Unsigned N. Stops the driver when N aggregates have been seen and another one comes, or when the total
has come to N.

=item AGGREGATE_FREEZE, COUNT_FREEZE

Unsigned N. Freezes the element then.

=item AGGREGATE_CALL, COUNT_CALL

`I<N> I<HANDLER> [I<VALUE>]'. Calls a write handler then. Of the three AGGREGATE keywords
one may be given, of the three COUNT keywords too.

=item BANNER

String. A line for the head of every file that is written. It should start with C<!> or
C<#>.

=back

=h write_text_file write-only

Writes the counts to a file, C<-> being the standard output: a few lines that start with
C<!>, then a line for each aggregate with it and its count.

=h write_ascii_file write-only

Same as C<write_text_file>.

=h write_ip_file write-only

The same with aggregates as IP addresses.

=h write_pdf_file write-only

The same with counts as parts of their sum.

=h write_file write-only

The same in binary: behind a line C<!packed_le> four bytes of aggregate and four of count
for each, lowest byte first.

=h freeze read/write

Returns or sets whether the element is frozen.

=h active read/write

Returns or sets whether packets are counted at all.

=h stop write-only

Sets C<active> to false and stops the driver.

=h clear write-only

Forgets all counts.

=h counts_pdf write-only

Makes the counts the aggregates: how many aggregates had each count is counted then.

=h reaggregate_counts write-only

Same as C<counts_pdf>.

=h banner read/write

Returns or sets the BANNER parameter.

=h aggregate_call read/write

Returns or sets the AGGREGATE_CALL parameter.

=h count_call read/write

Returns or sets the COUNT_CALL parameter.

=h nagg read-only

Returns the number of aggregates that have been seen.

=h count read-only

Returns the sum of the counts.

=e

  FromIPSummaryDump(-, STOP true)
    -> AggregateIP(ip dst) -> ac :: AggregateCounter -> Discard;
  DriverManager(pause, write ac.write_text_file -);

=a AggregateIP, AggregatePacketCounter, AggregateIPFlows
*/

import { cell, table } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { AGGREGATES_MAX } from '../../lib/limits.ts'
import {
  AGGREGATE_KEYWORDS,
  type Counting,
  count,
  NEVER,
  parseTrigger,
  triggerOf,
  triggerText,
} from '../lib/aggregate-count.ts'
import { recount, writeCounts } from '../lib/aggregate-file.ts'
import { checkWriteCall } from '../lib/handler-call.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

export default element({
  name: 'AggregateCounter',
  ports: '1-2/1-2',

  config: {
    BYTES: arg.bool(false),
    IP_BYTES: arg.bool(false),
    MULTIPACKET: arg.bool(true),
    EXTRA_LENGTH: arg.bool(true),
    ...AGGREGATE_KEYWORDS,
    BANNER: arg.string(''),
  },

  counters: { count: 'sum of the counts' },

  state: {
    counts: table({
      version: 1,
      scope: 'shared',
      merge: 'sum',
      key: { aggregate: 'i32' },
      row: { count: 'f64' },
      capacity: AGGREGATES_MAX,
    }),
    frozen: cell({ version: 1, scope: 'shared', merge: 'max', row: { frozen: 'u8' } }),
  },

  local: SETTINGS,

  configure(config, context) {
    const aggregates = triggerOf(config, 'AGGREGATE', context)
    return { aggregates, count: triggerOf(config, 'COUNT', context) }
  },

  open(self): Counting {
    const { plan, config } = self
    return { aggregates: plan.aggregates, count: plan.count, active: true, banner: config.BANNER }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.aggregates.call, errors)
    checkWriteCall(self, self.plan.count.call, errors)
  },

  push(self, port, p) {
    const counted = count(self, p, port === 1)
    if (counted || self.noutputs < 2) self.out[0]!(p)
    else self.out[1]!(p)
  },

  pull(self, port): Packet | null {
    const p = self.in[port]!()
    if (p !== null) count(self, p, port === 1)
    return p
  },

  handlers: {
    write_text_file: { write: (self, name) => writeCounts(self, name, 'text') },
    write_ascii_file: { write: (self, name) => writeCounts(self, name, 'text') },
    write_ip_file: { write: (self, name) => writeCounts(self, name, 'ip') },
    write_pdf_file: { write: (self, name) => writeCounts(self, name, 'pdf') },
    write_file: { write: (self, name) => writeCounts(self, name, 'packed') },
    freeze: {
      read: (self) => String(self.state.frozen.frozen === 1),
      write(self, value) {
        self.state.frozen.frozen = toBool(value) ? 1 : 0
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
      },
    },
    stop: {
      button: true,
      write(self) {
        self.resource.active = false
        self.router.stop()
      },
    },
    clear: {
      write(self) {
        self.state.counts.clear()
        self.counters.count = 0
      },
    },
    counts_pdf: { write: (self) => recount(self) },
    reaggregate_counts: { write: (self) => recount(self) },
    banner: {
      read: (self) => self.resource.banner,
      write(self, value) {
        self.resource.banner = value
      },
    },
    aggregate_call: {
      read: (self) => triggerText(self.resource.aggregates),
      write(self, value) {
        self.resource.aggregates =
          value.trim() === '' ? NEVER : parseTrigger(value, 'aggregate_call')
      },
    },
    count_call: {
      read: (self) => triggerText(self.resource.count),
      write(self, value) {
        self.resource.count = value.trim() === '' ? NEVER : parseTrigger(value, 'count_call')
      },
    },
    nagg: { read: (self) => String(self.state.counts.size) },
  },
})
