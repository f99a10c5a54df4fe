/*
=c

ToIPSummaryDump(FILENAME [, I<keywords>])

=s traces

writes what packets are to a text file

=d

Writes a line for each packet with the fields that FIELDS names. C<-> is the standard
output. A field that a packet does not have is written as C<->. With an output, packets
go on there.

Fields, those of Click's summary dumps:

=over 8

=item time

timestamp, ntimestamp (in binary dumps: with nanoseconds), ts_sec, ts_usec, ts_usec1
(microseconds since the epoch), first_timestamp, first_ntimestamp

=item packet

count, link and paint (a number), direction (C<< > >> for paint 0, C<< < >> for 1), aggregate,
wire_len, eth_src, eth_dst, eth_type

=item IP

ip_src, ip_dst, ip_frag (F first fragment, f later one, ! do not fragment, . none), ip_fragoff
(bytes; + more, ! do not fragment), ip_len, ip_proto (I, T, U or a number), ip_hl, ip_id, ip_tos,
ip_dscp, ip_ecn (no, ect1, ect2, ce), ip_ttl, ip_sum, ip_capture_len, ip_opt

=item TCP and UDP

sport, dport, tcp_seq, tcp_ack, tcp_off, tcp_flags (FSRPAUECN, . none), tcp_window, tcp_urp,
tcp_opt, tcp_ntopt (without time stamps), tcp_sack, udp_len

=item ICMP

icmp_type, icmp_code, icmp_type_name, icmp_code_name, icmp_flowid, icmp_seq, icmp_nextmtu

=item payload

payload (in quotes), payload_len, payload_md5 (22 letters), payload_md5_hex

=back

C<ip_> may be left out, and blanks may stand for underscores: C<"tcp seq">, C<src>, C<len>.

Options are apart by semicolons; C<.> stands for none and C<?> for what is not well-formed. TCP's
are C<mss1400>, C<wscale10>, C<sackok>, C<sack95-98>, C<ts1:2>; IP's C<rr{10.0.0.1}+5> (room for
five more), C<ssrr{1.0.0.1^1.0.0.2}> and C<lsrr> (the caret is where the pointer is),
C<ts{1,!45}+2++3> (C<!>: no time of day; C<++>: overflow), C<ts.ip{1.0.0.1=5}>,
C<ts.preip{1.0.0.1=5^1.0.0.2}>. Others are C<98> or, with data, C<99=0:5:10>.

What bytes of a packet the extra length annotation tells of goes into its lengths; the annotation
is then of no more use and set to zero.

=over 8

=item FILENAME

File name.

=item FIELDS

Names of fields. Default is C<ip_src ip_dst>.

=item CONTENTS

Same as FIELDS.

=item HEADER

Boolean. If true, the file starts with lines that describe it. Default is true.

=item VERBOSE

Boolean. If true, these lines name the host and the time. Default is false.

=item BANNER

String. If given, a line C<!creator "BANNER"> is written.

=item BAD_PACKETS

Boolean. If true, writes a line C<!bad MESSAGE> before a packet with bad headers. Default
is false.

=item CAREFUL_TRUNC

Boolean. If true, BAD_PACKETS also tells of packets that are shorter than their IP header
says. Default is true.

=item MULTIPACKET

Boolean. If true, a packet that stands for N packets makes N lines, which share its length and
spread over its time, unless C<count> is among the fields. Default is false.

=item BINARY

Boolean. If true, behind its first lines the dump has binary records: length, then the fields.
The length has four bytes, and its highest bit set where a line of text follows. Default is false.

=item EXTRA_LENGTH

Boolean. If false, C<ip_len> and C<payload_len> do not include the extra length annotation. Default
is true.

=back

=h count read-only

Returns the number of packets written.

=h flush write-only

Writes what is buffered.

=e

  FromDump(in.pcap, FORCE_IP true, STOP true)
    -> ToIPSummaryDump(-, FIELDS timestamp ip_src ip_dst sport dport);

=a FromIPSummaryDump, ToDump
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { cpUnquote } from '../../lib/click/args.ts'
import { fieldBytes, parseFields, TEXT_ONLY } from '../lib/summary-fields.ts'
import { Headers } from '../lib/summary-headers.ts'
import { headText, type SummaryPlan, summaryPlan, writeSummary } from '../lib/summary-output.ts'
import { FLUSH_MS, TraceOutput } from '../lib/trace-output.ts'

interface Writing {
  readonly out: TraceOutput
  readonly headers: Headers
}

export default element({
  name: 'ToIPSummaryDump',
  ports: '1/0-1',
  processing: 'a/h',

  config: {
    FILENAME: arg.filename().at().must(),
    FIELDS: arg.text(''),
    CONTENTS: arg.text(''),
    DATA: arg.text(''),
    HEADER: arg.bool(true),
    VERBOSE: arg.bool(false),
    BANNER: arg.string(''),
    BINARY: arg.bool(false),
    BAD_PACKETS: arg.bool(false),
    CAREFUL_TRUNC: arg.bool(true),
    MULTIPACKET: arg.bool(false),
    EXTRA_LENGTH: arg.bool(true),
  },

  counters: { count: 'packets written' },

  local: 'an open file of this run',

  configure(config, context): SummaryPlan {
    const text = config.FIELDS || config.CONTENTS || config.DATA || 'ip_src ip_dst'
    const fields = parseFields(text.startsWith("'") ? cpUnquote(text) : text)
    const known: string[] = []
    for (const { word, name } of fields) {
      if (name === null) context.error(`unknown content type '${word}'`)
      else known.push(name)
      if (name !== null && config.BINARY && fieldBytes(name) === TEXT_ONLY)
        context.error(`cannot use field ${word} with BINARY`)
    }
    if (known.length === 0) context.error('no contents specified')
    return summaryPlan(known, {
      binary: config.BINARY,
      badPackets: config.BAD_PACKETS,
      carefulTrunc: config.CAREFUL_TRUNC,
      multipacket: config.MULTIPACKET && !known.includes('count'),
      extraLength: config.EXTRA_LENGTH,
    })
  },

  open(self): Writing {
    const { FILENAME, EXTRA_LENGTH } = self.config
    return { out: new TraceOutput(FILENAME), headers: new Headers(EXTRA_LENGTH) }
  },

  initialize(self) {
    const { out } = self.resource
    const { router } = self
    out.report = (problem) => router.print(problem)
    const { HEADER, BANNER: banner, VERBOSE: verbose } = self.config
    if (HEADER) out.text(headText(self.plan, { banner, verbose, nowUs: router.nowUs }))
    if (self.inputKinds[0] === 'pull') self.schedule()
    else out.flush()
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt(self, old): Writing {
    const { out } = old.resource
    const { router } = self
    out.report = (problem) => router.print(problem)
    return { out, headers: new Headers(self.config.EXTRA_LENGTH) }
  },

  close(self) {
    self.resource.out.close()
  },

  push(self, _port, p) {
    write(self, p)
    if (self.noutputs > 0) self.out[0]!(p)
    else self.kill(p)
  },

  task(self) {
    if (self.inputKinds[0] !== 'pull') return false
    const p = self.in[0]!()
    if (p === null) return false
    write(self, p)
    if (self.noutputs > 0) self.out[0]!(p)
    else self.kill(p)
    return true
  },

  timer(self) {
    self.resource.out.flush()
  },

  handlers: { flush: { button: true, write: (self) => self.resource.out.flush() } },
})

interface Me {
  readonly plan: SummaryPlan
  readonly counters: { count: number }
  readonly resource: Writing
  readonly router: { readonly nowMs: number }
  timerAt(ms: number): void
}

function write(self: Me, p: Packet): void {
  const { out, headers } = self.resource
  if (out.used === 0 && !out.isStdout) self.timerAt(self.router.nowMs + FLUSH_MS)
  self.counters.count += writeSummary(out, self.plan, headers, p)
  if (out.isStdout) out.flush()
}
