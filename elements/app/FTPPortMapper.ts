/*
=c

FTPPortMapper(CONTROL_REWRITER, DATA_REWRITER, DATA_REWRITER_INPUT)

=s nat

lets FTP's data connections through a NAT

=d

An FTP client tells its server by a PORT command in the control connection where the server
shall connect to for data: an address and a port that mean nothing outside of a NAT.
FTPPortMapper sees the packets that clients send on control connections, before they are
rewritten, and puts into the command what the NAT maps that address and port to.

CONTROL_REWRITER is the TCPRewriter or IPRewriter that the control packets pass next; it must
have a mapping for the connection already. DATA_REWRITER is the rewriter that data connections
pass, which may be the same. FTPPortMapper makes a mapping there, as if the data connection's
first packet had come by input DATA_REWRITER_INPUT: from the address and port of the command to
the server, at the port one below that of the control connection.

The command may get longer or shorter. Then CONTROL_REWRITER is told to move the sequence and
acknowledgement numbers of what follows. IP and TCP checksums are set anew; addresses and ports
of the packet itself stay, for CONTROL_REWRITER to rewrite.

A command is only seen when it is the first in its packet, and whole. Packets must be TCP, with
their IP header annotation set.

=h mapped read-only

Returns the number of PORT commands that were rewritten.

=h dropped read-only

Returns the number of packets dropped: there was no room in them for a longer command.

=e

  rw :: TCPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);
  inside -> c :: IPClassifier(tcp dst port 21, tcp);
  c[0] -> FTPPortMapper(rw, rw, 0) -> [0]rw;
  c[1] -> [0]rw;

=a TCPRewriter, IPRewriter, IPRewriterPatterns
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from '../lib/arp.ts'
import { pseudoSum, setIpChecksum, sumWords, updated } from '../lib/checksum.ts'
import { findPortCommand, type PortCommand, portArgument } from '../lib/ftp-port.ts'
import { setU16 } from '../lib/ip-header.ts'
import { entryOf, makeEntry, type RewriterSelf } from '../lib/rewriter-base.ts'
import { isRewriter } from '../lib/rewriter-config.ts'
import type { FlowRow } from '../lib/rewriter-flows.ts'
import { TCP } from '../lib/rewriter-packet.ts'
import { homeOf } from '../lib/rewriter-ports.ts'
import { addShift } from '../lib/rewriter-shift.ts'

interface Plan {
  readonly control: string
  readonly data: string
  readonly input: number
}

interface Me {
  readonly plan: Plan
  readonly counters: { mapped: number; dropped: number }
  readonly router: { readonly bucketsLog2: number; element(name: string): RewriterSelf }
}

export default element({
  name: 'FTPPortMapper',
  reconfigures: true,
  ports: '1/1',
  config: {
    CONTROL_REWRITER: arg.element().at().must(),
    DATA_REWRITER: arg.element().at().must(),
    DATA_REWRITER_INPUT: arg.int().at().must(),
  },
  counters: {
    mapped: 'PORT commands that were rewritten',
    dropped: 'packets without room for a longer command',
  },

  configure(config, context): Plan {
    const { CONTROL_REWRITER, DATA_REWRITER, DATA_REWRITER_INPUT: input } = config
    const control = context.find(CONTROL_REWRITER)?.className ?? ''
    if (control !== 'TCPRewriter' && control !== 'IPRewriter')
      context.error(`CONTROL_REWRITER: '${CONTROL_REWRITER}' is not a TCPRewriter`)
    if (!isRewriter(context.find(DATA_REWRITER)?.className ?? ''))
      context.error(`DATA_REWRITER: '${DATA_REWRITER}' is not an IP rewriter`)
    return { control: CONTROL_REWRITER, data: DATA_REWRITER, input }
  },

  initialize(self, context) {
    const data = self.router.element(self.plan.data) as RewriterSelf & { ninputs: number }
    if (self.plan.input < 0 || self.plan.input >= data.ninputs)
      context.error('DATA_REWRITER_INPUT out of range')
  },

  action(self: Me, p: Packet): Packet | null {
    const m = p.mem
    const n = p.net
    if (n < 0 || m[n + 9] !== TCP) return p
    const t = n + ((m[n]! & 15) << 2)
    if (t + 20 > p.end) return p
    const d = t + ((m[t + 12]! >> 4) << 2)
    const command = findPortCommand(m, d, p.end)
    if (command === null) return p
    const control = self.router.element(self.plan.control)
    const [saddr, daddr, ports] = [readIp(m, n + 12), readIp(m, n + 16), readIp(m, t)]
    const known = entryOf(control, TCP, saddr, daddr, ports)
    if (known === null) return p
    const { annotation } = known
    const dataPorts = (command.port << 16) | (((ports & 0xffff) - 1) & 0xffff)
    const bucket = homeOf(
      command.addr,
      daddr,
      command.port,
      dataPorts & 0xffff,
      self.router.bucketsLog2,
    )
    const data = self.router.element(self.plan.data)
    const { input } = self.plan
    const row = makeEntry(data, TCP, command.addr, daddr, dataPorts, input, annotation, bucket)
    if (row === null) return p
    return replaced(self, p, n, t, d, command, row)
  },
})

/** Puts the mapped address and port into the command. */
function replaced(
  self: Me,
  p: Packet,
  n: number,
  t: number,
  d: number,
  command: PortCommand,
  data: FlowRow,
): Packet | null {
  const m = p.mem
  const text = portArgument(data.new_saddr, data.new_ports >>> 16)
  const longer = text.length - (command.end - command.start)
  if (p.end + longer > p.limit) {
    self.counters.dropped++
    return null
  }
  const [saddr, daddr, ports] = [readIp(m, n + 12), readIp(m, n + 16), readIp(m, t)]
  const next = (readIp(m, t + 4) + (p.end - d)) | 0
  m.copyWithin(command.start + text.length, command.end, p.end)
  for (let i = 0; i < text.length; i++) m[command.start + i] = text.charCodeAt(i)
  p.end += longer
  setU16(m, n + 2, p.end - n)
  setIpChecksum(m, n)
  setU16(m, t + 16, 0)
  const sum = sumWords(m, t, p.end - t, pseudoSum(saddr, daddr, TCP, p.end - t))
  setU16(m, t + 16, updated(0xffff, sum))
  const control = self.router.element(self.plan.control)
  const row = entryOf(control, TCP, saddr, daddr, ports)
  const bucket =
    p.bucket < 0
      ? homeOf(saddr, daddr, ports >>> 16, ports & 0xffff, self.router.bucketsLog2)
      : p.bucket
  if (row !== null) addShift(control, row, next, longer, bucket)
  self.counters.mapped++
  return p
}
