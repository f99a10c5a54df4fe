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
what is not given is zero. They are as long as what was said of them; the extra length
annotation has the rest. A line that says nothing of IP makes an empty packet. Files that are
packed with gzip or bzip2 are unpacked, if zcat(1) and bzcat(1) are there, and binary dumps are
read too.

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
Default is false.

=item PROTO

Byte. IP protocol where nothing says it. Default is 6.

=item MULTIPACKET

Boolean. If true, a line whose C<count> is N makes N packets, which share its length, and are
spread evenly from its first time to its time. Default is false.

=item SAMPLE

Real number from 0 to 1: the probability of each packet to be emitted. Default is 1.

=item FIELDS

Names of fields until a C<!data> line says others.

=item CONTENTS

Same as FIELDS.

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

=e

  FromIPSummaryDump(in.dump, STOP true, CHECKSUM true) -> Print -> Discard;

=a ToIPSummaryDump, FromDump
*/

import { existsSync } from 'node:fs'
import { arg, element } from '../../dataplane/element.ts'
import { cpUnquote } from '../../lib/click/args.ts'
import { parseFields } from '../lib/summary-fields.ts'
import { parseFlow } from '../lib/summary-read.ts'
import { SummaryReader } from '../lib/summary-reader.ts'
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
  name: 'FromIPSummaryDump',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    FILENAME: arg.filename('').at(),
    ...SOURCE_KEYWORDS,
    TIMING: arg.bool(false),
    ZERO: arg.bool(true),
    CHECKSUM: arg.bool(false),
    PROTO: arg.u8(6),
    MULTIPACKET: arg.bool(false),
    FIELDS: arg.text(''),
    DEFAULT_FIELDS: arg.text(''),
    CONTENTS: arg.text(''),
    FLOWID: arg.text(''),
    DEFAULT_FLOWID: arg.text(''),
    DATA: arg.string(),
    ALLOW_NONEXISTENT: arg.bool(false),
  },

  counters: { count: 'packets emitted' },

  local: 'an open file: what is read from it is this run alone',

  configure(config, context) {
    const text = config.FIELDS || config.CONTENTS || config.DEFAULT_FIELDS
    const fields = parseFields(cpUnquote(text).trim())
    for (const { word, name } of fields)
      if (name === null) context.warning(`unknown content type '${word}'`)
    const given = config.FLOWID || config.DEFAULT_FLOWID
    const found = given === '' ? null : parseFlow(given)
    if (typeof found === 'string') context.error(found)
    if (config.FILENAME === '' && config.DATA === undefined)
      context.error('FILENAME: required argument missing')
    const flow = found === null || typeof found === 'string' ? null : found
    return { ...sourcePlan(config, context), fields: cpUnquote(text).trim(), flow }
  },

  open(self): Reading {
    const { FILENAME, DATA, ALLOW_NONEXISTENT, PROTO, ACTIVE, CHECKSUM, MULTIPACKET } = self.config
    const { fields, flow } = self.plan
    const missing = ALLOW_NONEXISTENT && FILENAME !== '-' && !existsSync(FILENAME)
    const file = new TraceFile(FILENAME, DATA ?? (missing ? '' : null))
    const options = {
      proto: flow?.proto ?? PROTO,
      flow: flow?.flow ?? null,
      fields,
      checksum: CHECKSUM,
      multipacket: MULTIPACKET,
    }
    return beginReading(new SummaryReader(file, options), self.plan, ACTIVE)
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt: (self, old): Reading => ({ ...old.resource, plan: self.plan }),

  ...SOURCE_PARTS,

  handlers: TEXT_HANDLERS,
})
