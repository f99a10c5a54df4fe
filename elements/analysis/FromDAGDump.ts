/*
=c

FromDAGDump(FILENAME [, I<keywords>])

=s traces

reads packets from a file of a DAG card

=d

Reads packets from a file in ERF format, as DAG cards write it, and emits them. C<-> is the standard
input; files that are packed with gzip or bzip2 are unpacked. Bytes that were on the wire and not
captured are counted in the extra length annotation.

=over 8

=item FILENAME

File name.

=item STOP

Boolean. If true, asks the driver to stop at the end of the file, or of the time. Default is
false.

=item TIMING

Boolean. If true, keeps the time between packets: the first goes out at once.
Default is false.

=item SAMPLE

Real number from 0 to 1: the probability of each packet to be emitted. Default is 1.

=item FORCE_IP

Boolean. If true, emits only IP packets, with their network header set. Others go to
output 1, where there is one. Default is false.

=item START, START_AFTER

Time in seconds: of the first packet that is emitted, or how long after the file's first. At
most one may be given.

=item END, END_AFTER, INTERVAL

Time in seconds: the first packet at that time or later is not emitted, and nothing after it.
END is a time, END_AFTER is from the file's first packet on, INTERVAL from START or the first
packet on. At most one may be given.

=item END_CALL

A write handler that is called at the end, of the file or of the time. Without, C<active> is set
to false. END_CALL and STOP exclude each other.

=item ACTIVE

Boolean. If false, emits nothing until the C<active> handler is written. Default is
true.

=item ENCAP

For files of the old format, which do not say what they hold: C<IP>, C<ATM>, C<SUNATM>, C<ETHER>,
C<PPP> or C<PPP_HDLC>. Default is C<ATM>.

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

Returns the link type of the last packet, as ToDump's ENCAP has it.

=h filename read-only

Returns the name of the file.

=h filesize read-only

Returns the file's length in bytes, C<-> where it is not known.

=h filepos read/write

Returns how many bytes of the file have been used, or goes on from there.

=h packet_filepos read-only

Returns where the last packet is in the file.

=h extend_interval write-only

Moves the end by so many seconds, and makes the element active.

=h reset_timing write-only

With TIMING: the next packet goes out at once.

=h sampling_prob read-only

Returns the SAMPLE parameter.

=h stop write-only

Sets C<active> to false and asks the driver to stop.

=a FromDump, ToDump
*/

import { arg, element } from '../../dataplane/element.ts'
import { ErfReader } from '../lib/erf.ts'
import { linktypeNumber } from '../lib/pcap.ts'
import { TraceFile } from '../lib/trace-file.ts'
import {
  beginReading,
  RANGE_HANDLERS,
  RANGE_KEYWORDS,
  type Reading,
  SOURCE_PARTS,
  sourcePlan,
} from '../lib/trace-source.ts'

export default element({
  name: 'FromDAGDump',
  ports: '0/1-2',
  processing: 'a/ah',
  source: true,

  config: {
    FILENAME: arg.filename().at().must(),
    ...RANGE_KEYWORDS,
    ENCAP: arg.text(''),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure(config, context) {
    const legacy = config.ENCAP === '' ? 0 : linktypeNumber(config.ENCAP)
    if (legacy === null) context.error('bad encapsulation type')
    return { ...sourcePlan(config, context), legacy: legacy ?? 0 }
  },

  open(self): Reading {
    const reader = new ErfReader(new TraceFile(self.config.FILENAME), self.plan.legacy)
    return beginReading(reader, self.plan, self.config.ACTIVE)
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt: (self, old): Reading => ({ ...old.resource, plan: self.plan }),

  ...SOURCE_PARTS,

  handlers: RANGE_HANDLERS,
})
