/*
=c

FromNetFlowSummaryDump(FILENAME [, I<keywords>])

=s traces

reads packets from a text file of NetFlow data

=d

Makes packets of lines with fields between bars. Of the 15 fields these are used, counted from 0: 0
and 1 source and destination address, 3 and 4 interface that packets came by and left by, 5 packets,
6 bytes, 7 and 8 time of the first and the last packet, 9 and 10 ports, 12 TCP flags, 13 protocol, 14
type of service. Empty lines and those that start with C<!> or C<#> are passed over. C<-> is the
standard input; files that are packed with gzip or bzip2 are unpacked.

A packet stands for its flow: extra packets and extra length annotation have the rest of it, the time
annotation is the flow's end, the first time annotation its start.

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

=item MULTIPACKET

Boolean. If true, a flow of N packets makes N packets, spread evenly from its start to its end.
Default is false.

=item LINK

Which interface the paint annotation tells: C<input>, C<output>, or C<both>, four bits each.
Default is C<input>.

=item TIMING

Boolean. If true, keeps the time between packets. Default is false.

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

=a FromDump, FromIPSummaryDump
*/

import { arg, element } from '../../dataplane/element.ts'
import { type Link, NetFlowReader } from '../lib/netflow-text.ts'
import { TraceFile } from '../lib/trace-file.ts'
import {
  beginReading,
  type Reading,
  SOURCE_KEYWORDS,
  SOURCE_PARTS,
  sourcePlan,
  TEXT_HANDLERS,
} from '../lib/trace-source.ts'

export default element({
  name: 'FromNetFlowSummaryDump',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    FILENAME: arg.filename().at().must(),
    ...SOURCE_KEYWORDS,
    TIMING: arg.bool(false),
    ZERO: arg.bool(true),
    MULTIPACKET: arg.bool(false),
    LINK: arg.text('input'),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure(config, context) {
    if (!/^(?:input|output|both)$/i.test(config.LINK))
      context.error("LINK must be 'input', 'output', or 'both'")
    return { ...sourcePlan(config, context), link: config.LINK.toLowerCase() as Link }
  },

  open(self): Reading {
    const { FILENAME, MULTIPACKET, ACTIVE } = self.config
    const reader = new NetFlowReader(new TraceFile(FILENAME), self.plan.link, MULTIPACKET)
    return beginReading(reader, self.plan, ACTIVE)
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt: (self, old): Reading => ({ ...old.resource, plan: self.plan }),

  ...SOURCE_PARTS,

  handlers: TEXT_HANDLERS,
})
