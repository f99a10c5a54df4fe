/*
=c

FromCapDump(FILENAME [, I<keywords>])

=s traces

reads packets from a file of the tool cap

=d

Makes the TCP packets that a file of Mark Allman's C<cap> tells of. Lines are C<SYN>, C<DAT> or
C<ACK>, then direction, time, number of the packet, number of its segment, IP length, payload length
and flags; others are passed over. C<-> is the standard input; files that are packed with gzip or bzip2
are unpacked. Bytes of payload are counted in the extra length annotation.

Packets get time, aggregate and paint annotation (0 for data, 1 for acknowledgements), and both packet
number annotations: that of the packet and that of its segment.

=over 8

=item FILENAME

File name.

=item STOP

Boolean. If true, asks the driver to stop at the end of the file. Default is false.

=item ACTIVE

Boolean. If false, emits nothing until the C<active> handler is written. Default is true.

=item ZERO

Boolean. Accepted; what is not given is always zero.

=item SAMPLE

Real number from 0 to 1: the probability of each packet to be emitted. Default is 1.

=item CHECKSUM

Boolean. If true, checksums are set. Default is false.

=item FLOWID

C<SRC SPORT DST DPORT>: addresses and ports of data packets. Default is C<1.0.0.1 1 2.0.0.2 2>.

=item AGGREGATE

Unsigned. The aggregate annotation. Default is 1.

=back

=h count read-only

Returns the number of packets emitted.

=h active read/write

Returns or sets the ACTIVE parameter.

=h encap read-only

Returns 'IP'.

=h filename read-only

Returns the name of the file.

=h filesize read-only

Returns the file's length in bytes, C<-> where it is not known.

=h filepos read-only

Returns how many bytes of the file have been used.

=h sampling_prob read-only

Returns the SAMPLE parameter.

=h stop write-only

Sets C<active> to false and asks the driver to stop.

=a AggregatePacketCounter, FromIPSummaryDump
*/

import { arg, element } from '../../dataplane/element.ts'
import { CapReader } from '../lib/cap-text.ts'
import { parseFlow } from '../lib/summary-read.ts'
import { TraceFile } from '../lib/trace-file.ts'
import {
  beginReading,
  type Reading,
  SOURCE_KEYWORDS,
  SOURCE_PARTS,
  sourcePlan,
  TEXT_HANDLERS,
} from '../lib/trace-source.ts'

const NO_FLOW = { src: 0, dst: 0, sport: 0, dport: 0 }

export default element({
  name: 'FromCapDump',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    FILENAME: arg.filename().at().must(),
    ...SOURCE_KEYWORDS,
    ZERO: arg.bool(true),
    CHECKSUM: arg.bool(false),
    FLOWID: arg.text('1.0.0.1 1 2.0.0.2 2'),
    AGGREGATE: arg.u32(1),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure(config, context) {
    const found = parseFlow(config.FLOWID)
    if (typeof found === 'string') context.error(found)
    const flow = typeof found === 'string' ? NO_FLOW : found.flow
    return { ...sourcePlan(config, context), flow }
  },

  open(self): Reading {
    const { FILENAME, CHECKSUM, AGGREGATE, ACTIVE } = self.config
    const options = { flow: self.plan.flow, aggregate: AGGREGATE | 0, checksum: CHECKSUM }
    const reader = new CapReader(new TraceFile(FILENAME), options)
    return beginReading(reader, self.plan, ACTIVE)
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt: (self, old): Reading => ({ ...old.resource, plan: self.plan }),

  ...SOURCE_PARTS,

  handlers: TEXT_HANDLERS,
})
