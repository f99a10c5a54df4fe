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

Boolean. Accepted.

=item UNBUFFERED

Boolean. If true, each packet is written at once. Default is false: at the end of
some packets' turn, or when 64 KB are full.

=item NANO

Boolean. If true, times are written in nanoseconds. Default is false.

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

import { closeSync, openSync } from 'node:fs'
import { arg, element } from '../../dataplane/element.ts'
import { writeAll } from '../../dataplane/output.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { splitSpaces } from '../../lib/click/args.ts'
import { fileHeader, linktypeNumber, RECORD_HEADER, recordHeader } from '../lib/pcap.ts'

const BUFFER_BYTES = 65_536

/** Buffered bytes wait that long at most, in ms. */
const FLUSH_MS = 100

interface Writing {
  readonly fd: number
  readonly buffer: Uint8Array
  readonly view: DataView
  used: number
  failed: boolean
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
    NANO: arg.bool(false),
  },

  counters: { count: 'packets written' },

  local: 'an open file of this run',

  configure(config, context) {
    if (config.ENCAP !== '' && config.USE_ENCAP_FROM !== '')
      context.error("specify at most one of 'ENCAP' and 'USE_ENCAP_FROM'")
    const linktype = linktypeNumber(config.ENCAP === '' ? 'ETHER' : config.ENCAP)
    if (linktype === null) context.error('bad encapsulation type')
    return { linktype: linktype ?? 1 }
  },

  open(self): Writing {
    const { FILENAME } = self.config
    const fd = FILENAME === '-' ? 1 : openSync(FILENAME, 'w')
    const buffer = new Uint8Array(BUFFER_BYTES)
    return { fd, buffer, view: new DataView(buffer.buffer), used: 0, failed: false }
  },

  initialize(self, errors) {
    const names = splitSpaces(self.config.USE_ENCAP_FROM)
    const encaps = new Set<string>()
    for (const name of names) {
      const path = `${name}.encap`
      if (!self.router.findHandler(path, self.name).read) errors.error(`no '${path}' handler`)
      else encaps.add(self.router.readHandler(path, '', self.name).trim())
    }
    if (encaps.size > 1) errors.error("USE_ENCAP_FROM: the elements' encapsulations differ")
    const [encap] = encaps
    const linktype = encap === undefined ? self.plan.linktype : linktypeNumber(encap)
    if (linktype === null) errors.error(`unknown encapsulation type '${encap}'`)
    append(self, fileHeader(linktype ?? 1, self.config.SNAPLEN || 65_535, self.config.NANO))
    if (self.inputKinds[0] === 'pull' && self.noutputs === 0) self.schedule()
    else flush(self)
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

  pull(self) {
    const p = self.in[0]!()
    if (p !== null) write(self, p)
    return p
  },

  task(self) {
    if (self.noutputs > 0 || self.inputKinds[0] !== 'pull') return false
    const p = self.in[0]!()
    if (p === null) {
      flush(self)
      return false
    }
    write(self, p)
    self.kill(p)
    return true
  },

  timer(self) {
    flush(self)
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
  readonly config: {
    readonly FILENAME: string
    readonly SNAPLEN: number
    readonly NANO: boolean
    readonly UNBUFFERED: boolean
  }
  readonly counters: { count: number }
  readonly resource: Writing
  readonly router: { readonly nowMs: number; readonly nowUs: number; print(line: string): void }
  timerAt(ms: number): void
}

function write(self: Me, p: Packet): void {
  const { config, resource, router } = self
  const length = p.end - p.off
  const captured = config.SNAPLEN === 0 ? length : Math.min(length, config.SNAPLEN)
  if (resource.used + RECORD_HEADER > BUFFER_BYTES) flush(self)
  const timeUs = p.timeUs === 0 ? router.nowUs : p.timeUs
  recordHeader(resource.view, resource.used, timeUs, captured, length, config.NANO)
  if (resource.used === 0) self.timerAt(router.nowMs + FLUSH_MS)
  resource.used += RECORD_HEADER
  append(self, p.mem.subarray(p.off, p.off + captured))
  self.counters.count++
  if (config.UNBUFFERED) flush(self)
}

function append(self: Me, bytes: Uint8Array): void {
  const { resource } = self
  if (resource.used + bytes.length > BUFFER_BYTES) flush(self)
  if (bytes.length > BUFFER_BYTES) {
    send(self, bytes)
    return
  }
  resource.buffer.set(bytes, resource.used)
  resource.used += bytes.length
}

function flush(self: Me): void {
  const { resource } = self
  const bytes = resource.buffer.subarray(0, resource.used)
  resource.used = 0
  if (bytes.length > 0) send(self, bytes)
}

/** A disk that is full must not stop the router: it is said once, and packets go on. */
function send(self: Me, bytes: Uint8Array): void {
  if (self.resource.failed) return
  try {
    if (writeAll(self.resource.fd, bytes)) return
    self.router.print(`${self.config.FILENAME}: the reader is gone`)
  } catch (error) {
    self.router.print(`${self.config.FILENAME}: ${(error as Error).message}`)
  }
  self.resource.failed = true
}
