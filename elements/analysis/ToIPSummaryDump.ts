/*
=c

ToIPSummaryDump(FILENAME [, I<keywords>])

=s traces

writes what packets are to a text file

=d

Writes a line for each packet with the fields that FIELDS names. C<-> is the standard
output. A field that a packet does not have is written as C<->. With an output, packets
go on there.

Fields: timestamp ts_sec ts_usec ts_usec1 ip_src ip_dst ip_frag (F first, f later
fragment, ! do not fragment, . none) ip_fragoff (bytes; + more, ! do not fragment)
ip_len ip_proto (I, T, U or a number) ip_hl ip_id ip_tos ip_dscp ip_ecn (no, ect1, ect2,
ce) ip_ttl ip_sum ip_opt sport dport tcp_seq tcp_ack tcp_off tcp_flags (FSRPAUECN) tcp_opt
(mss, wscale, sackok, sack, ts) tcp_ntopt tcp_sack tcp_window tcp_urp udp_len icmp_type
icmp_code icmp_type_name icmp_code_name icmp_flowid icmp_seq icmp_nextmtu payload
payload_len payload_md5 payload_md5_hex ip_capture_len count direction (> or <) link
aggregate eth_src eth_dst wire_len. C<src>, C<dst>, C<len>, C<proto>, C<paint> and the
like are short for some.

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

Boolean. If true, writes such a line before a packet that is shorter than its IP header
says. Default is true.

=item MULTIPACKET

Boolean. If true, a packet that stands for N packets makes N lines, unless C<count> is
among the fields. Default is false.

=item EXTRA_LENGTH

Boolean. Accepted.

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

import { closeSync, openSync } from 'node:fs'
import { hostname } from 'node:os'
import { arg, element } from '../../dataplane/element.ts'
import { writeAll } from '../../dataplane/output.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { cpQuote } from '../../lib/click/args.ts'
import { parseFields } from '../lib/summary-read.ts'
import { annoWord, headersOf, WRITERS } from '../lib/summary-write.ts'

const BUFFER_CHARS = 65_536

/** Buffered lines wait that long at most, in ms. */
const FLUSH_MS = 100

const EXTRA_PACKETS_OFFSET = 24

interface Writing {
  readonly fd: number
  text: string
  failed: boolean
}

export default element({
  name: 'ToIPSummaryDump',
  ports: '1/0-1',
  processing: 'a/h',

  config: {
    FILENAME: arg.filename().at().must(),
    FIELDS: arg.text('ip_src ip_dst'),
    CONTENTS: arg.text(''),
    HEADER: arg.bool(true),
    VERBOSE: arg.bool(false),
    BANNER: arg.string(''),
    BAD_PACKETS: arg.bool(false),
    CAREFUL_TRUNC: arg.bool(true),
    MULTIPACKET: arg.bool(false),
    EXTRA_LENGTH: arg.bool(true),
  },

  counters: { count: 'packets written' },

  local: 'an open file of this run',

  configure(config, context) {
    const text = config.CONTENTS === '' ? config.FIELDS : config.CONTENTS
    const fields = parseFields(text)
    if (fields.includes(null)) context.error(`FIELDS: unknown field in '${text}'`)
    const known = fields.filter((field) => field !== null)
    if (known.length === 0) context.error('no contents specified')
    const multiply = config.MULTIPACKET && !known.includes('count')
    return { fields: known, writers: known.map((field) => WRITERS[field]!), multiply }
  },

  open(self): Writing {
    const { FILENAME } = self.config
    return { fd: FILENAME === '-' ? 1 : openSync(FILENAME, 'w'), text: '', failed: false }
  },

  initialize(self) {
    const { HEADER, BANNER, VERBOSE } = self.config
    if (HEADER) {
      put(self, '!IPSummaryDump 1.3')
      if (BANNER !== '') put(self, `!creator ${cpQuote(BANNER)}`)
      if (VERBOSE) put(self, `!host ${hostname()}`)
      if (VERBOSE) put(self, `!runtime ${(self.router.nowUs / 1e6).toFixed(6)}`)
      put(self, `!data ${self.plan.fields.join(' ')}`)
    }
    if (self.inputKinds[0] === 'pull') self.schedule()
  },

  close(self) {
    flush(self)
    if (self.resource.fd !== 1) closeSync(self.resource.fd)
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
    flush(self)
  },

  handlers: { flush: { button: true, write: (self) => flush(self) } },
})

interface Me {
  readonly config: {
    readonly FILENAME: string
    readonly BAD_PACKETS: boolean
    readonly CAREFUL_TRUNC: boolean
  }
  readonly plan: {
    readonly writers: readonly (typeof WRITERS)[string][]
    readonly multiply: boolean
  }
  readonly counters: { count: number }
  readonly resource: Writing
  readonly router: { readonly nowMs: number; print(line: string): void }
  timerAt(ms: number): void
}

function write(self: Me, p: Packet): void {
  const headers = headersOf(p)
  const { BAD_PACKETS, CAREFUL_TRUNC } = self.config
  const truncated = headers.bad?.startsWith('truncated IP length') === true
  if (headers.bad !== null && (truncated ? CAREFUL_TRUNC : BAD_PACKETS))
    put(self, `!bad ${headers.bad}`)
  const line = self.plan.writers.map((writer) => writer(headers) ?? '-').join(' ')
  const times = self.plan.multiply ? 1 + annoWord(p, EXTRA_PACKETS_OFFSET) : 1
  for (let n = 0; n < times; n++) put(self, line)
  self.counters.count++
}

function put(self: Me, line: string): void {
  const { resource, router } = self
  if (resource.text === '') self.timerAt(router.nowMs + FLUSH_MS)
  resource.text += `${line}\n`
  if (resource.text.length >= BUFFER_CHARS) flush(self)
}

/** A disk that is full must not stop the router: it is said once, and packets go on. */
function flush(self: Me): void {
  const { resource, router, config } = self
  const { text } = resource
  resource.text = ''
  if (text === '' || resource.failed) return
  try {
    if (writeAll(resource.fd, text)) return
    router.print(`${config.FILENAME}: the reader is gone`)
  } catch (error) {
    router.print(`${config.FILENAME}: ${(error as Error).message}`)
  }
  resource.failed = true
}
