/*
=c

FromTcpdump(FILENAME [, I<keywords>])

=s traces

reads packets from what tcpdump has printed

=d

Reads the lines that tcpdump(1) prints of TCP and UDP packets (C<-tt> gives the time that is best
read), and makes packets that look like those. C<-> is the standard input. What the lines do not
tell is zero, the time to live is 2. Bytes of payload are counted in the extra length annotation.
Files that are packed with gzip or bzip2 are unpacked. Where there is a choice, tcpdump's own files
are better: see FromDump.

=over 8

=item FILENAME

File name.

=item STOP

Boolean. If true, asks the driver to stop at the end of the file. Default is false.

=item ACTIVE

Boolean. If false, emits nothing until the C<active> handler is written. Default is true.

=item ZERO

Boolean. Accepted; what is not given is always zero.

=item CHECKSUM

Boolean. If true, checksums are set. Default is false.

=item SAMPLE

Real number from 0 to 1: the probability of each packet to be emitted. Default is 1.

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
import { TcpdumpReader } from '../lib/tcpdump-text.ts'
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
  name: 'FromTcpdump',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    FILENAME: arg.filename().at().must(),
    ...SOURCE_KEYWORDS,
    ZERO: arg.bool(true),
    CHECKSUM: arg.bool(false),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure: sourcePlan,

  open(self): Reading {
    const { FILENAME, CHECKSUM, ACTIVE } = self.config
    const reader = new TcpdumpReader(new TraceFile(FILENAME), CHECKSUM)
    return beginReading(reader, self.plan, ACTIVE)
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt: (self, old): Reading => ({ ...old.resource, plan: self.plan }),

  ...SOURCE_PARTS,

  handlers: TEXT_HANDLERS,
})
