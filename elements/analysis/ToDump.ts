/*
=c

ToDump(FILENAME [, I<keywords> SNAPLEN, ENCAP, USE_ENCAP_FROM, UNBUFFERED, NANO])

=s traces

writes packets to a tcpdump file

=d

Writes incoming packets to FILENAME in the format of C<tcpdump -w>; C<-> is the
standard output. With an output, packets go on there; pulled without one, it pulls by
itself.

=over 8

=item FILENAME

File name.

=item SNAPLEN

Unsigned. Most bytes written of each packet; 0: all. Default is 2000.

=item ENCAP

The first header of the packets: C<ETHER>, C<IP>, C<FDDI>, C<ATM>, C<802_11>, C<SLL>,
C<AIRONET>, C<HDLC>, C<PPP_HDLC>, C<PPP>, C<SUNATM>, C<PRISM> or C<NULL>. Default is
C<ETHER>.

=item USE_ENCAP_FROM

Names of elements, apart by blanks, whose C<encap> handlers say what ENCAP is; they
must agree. Only one of ENCAP and USE_ENCAP_FROM may be given.

=item EXTRA_LENGTH

Boolean. If true, the packets' length in the file includes the extra length annotation. Default
is true.

=item UNBUFFERED

Boolean. If true, each packet is written at once. Default is false: when 64 KB are full, or after
a tenth of a second.

=item NANO

Boolean. If false, times are written in microseconds. Default is true: nanoseconds.

=back

=h count read-only

Returns the number of packets written.

=h reset_counts write-only

Resets the count to zero.

=h filename read-only

Returns the name of the file.

=e

  FromDevice(eth0) -> ToDump(out.pcap);

=a FromDump
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { splitSpaces } from '../../lib/click/args.ts'
import { extraLength } from '../lib/anno-words.ts'
import { fileHeader, linktypeNumber, writeRecord } from '../lib/pcap.ts'
import { FLUSH_MS, TraceOutput } from '../lib/trace-output.ts'

interface Writing {
  readonly out: TraceOutput
  readonly atOnce: boolean
}

export default element({
  name: 'ToDump',
  ports: '1/0-1',
  processing: 'a/a',

  config: {
    FILENAME: arg.filename().at().must(),
    SNAPLEN: arg.count(2000),
    ENCAP: arg.text(''),
    USE_ENCAP_FROM: arg.text(''),
    EXTRA_LENGTH: arg.bool(true),
    UNBUFFERED: arg.bool(false),
    NANO: arg.bool(true),
  },

  counters: { count: 'packets written' },

  local: 'an open file of this run',

  configure(config, context) {
    if (config.ENCAP !== '' && config.USE_ENCAP_FROM !== '')
      context.error("specify at most one of 'ENCAP' and 'USE_ENCAP_FROM'")
    const linktype = linktypeNumber(config.ENCAP === '' ? 'ETHER' : config.ENCAP)
    if (linktype === null) context.error('bad encapsulation type')
    return { linktype: linktype ?? 1, snaplen: config.SNAPLEN || 0x7fffffff }
  },

  open(self): Writing {
    const out = new TraceOutput(self.config.FILENAME)
    return { out, atOnce: self.config.UNBUFFERED || out.isStdout }
  },

  initialize(self, errors) {
    const { out } = self.resource
    const { router } = self
    out.report = (problem) => router.print(problem)
    const encaps = new Set<string>()
    for (const name of splitSpaces(self.config.USE_ENCAP_FROM)) {
      const path = `${name}.encap`
      if (!router.findHandler(path, self.name).read) errors.error(`no '${path}' handler`)
      else encaps.add(router.readHandler(path, '', self.name).trim())
    }
    if (encaps.size > 1) errors.error("USE_ENCAP_FROM: the elements' encapsulations differ")
    const [encap] = encaps
    const linktype = encap === undefined ? self.plan.linktype : linktypeNumber(encap)
    if (linktype === null) errors.error(`unknown encapsulation type '${encap}'`)
    out.append(fileHeader(linktype ?? 1, self.config.SNAPLEN || 0xffff_ffff, self.config.NANO))
    out.flush()
    if (self.inputKinds[0] === 'pull' && self.noutputs === 0) self.schedule()
  },

  carries: (self, old) => self.config.FILENAME === old.config.FILENAME,

  adopt(self, old): Writing {
    const { out } = old.resource
    const { router } = self
    out.report = (problem) => router.print(problem)
    return { out, atOnce: self.config.UNBUFFERED || out.isStdout }
  },

  close(self) {
    self.resource.out.close()
  },

  push(self, _port, p) {
    write(self, p)
    if (self.noutputs > 0) self.out[0]!(p)
    else self.kill(p)
  },

  pull(self) {
    const p = self.in[0]!()
    if (p !== null) write(self, p)
    return p
  },

  task(self) {
    if (self.noutputs > 0 || self.inputKinds[0] !== 'pull') return false
    const p = self.in[0]!()
    if (p === null) return false
    write(self, p)
    self.kill(p)
    return true
  },

  timer(self) {
    self.resource.out.flush()
  },

  handlers: {
    filename: { read: (self) => self.config.FILENAME },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
      },
    },
  },
})

interface Me {
  readonly config: { readonly NANO: boolean; readonly EXTRA_LENGTH: boolean }
  readonly plan: { readonly snaplen: number }
  readonly counters: { count: number }
  readonly resource: Writing
  readonly router: { readonly nowMs: number; readonly nowUs: number }
  timerAt(ms: number): void
}

function write(self: Me, p: Packet): void {
  const { config, router } = self
  const { out, atOnce } = self.resource
  const length = p.end - p.off
  const captured = Math.min(length, self.plan.snaplen)
  const whole = config.EXTRA_LENGTH && p.anno !== null ? length + extraLength(p) : length
  const timeUs = p.timeUs === 0 ? router.nowUs : p.timeUs
  if (out.used === 0) self.timerAt(router.nowMs + FLUSH_MS)
  writeRecord(out, p, timeUs, captured, whole, config.NANO)
  self.counters.count++
  if (atOnce) out.flush()
}
