/*
=c

ARPPrint([LABEL, I<keywords> TIMESTAMP, ETHER, OUTFILE, ACTIVE])

=s arp

prints ARP packets, roughly as tcpdump(1) does

=d

Prints a line for each packet: LABEL, time, and what the ARP packet asks or says. The ARP header is
where the network header annotation says, which sources of ARP packets and CheckARPHeader set;
packets without it pass unprinted, and so do those for other addresses than IPv4.

Keyword arguments are:

=over 8

=item LABEL

String in front of each line. Default is none.

=item TIMESTAMP

Boolean. If true, prints the packet's time annotation. Default is true.

=item ETHER

Boolean. If true, prints the frame's Ethernet addresses. Default is false.

=item OUTFILE

File name. Lines go there in place of the standard error output.

=item ACTIVE

Boolean. If false, prints nothing. Default is true.

=back

=h active read/write

Returns or sets the ACTIVE parameter.

=a Print, IPPrint, CheckARPHeader
*/

import { closeSync, openSync, writeSync } from 'node:fs'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from '../lib/arp.ts'
import { toBool } from '../lib/settings.ts'
import { etherText, ipText } from '../lib/text.ts'

const ARP_HEADER = 8
const IPV4 = 0x0800
/** Trailer encapsulation (RFC 893). */
const TRAILER = 0x1000

export default element({
  name: 'ARPPrint',
  ports: '1/1',
  config: {
    LABEL: arg.string('').at(),
    TIMESTAMP: arg.bool(true),
    ETHER: arg.bool(false),
    OUTFILE: arg.filename(''),
    ACTIVE: arg.bool(true),
  },
  local: 'an open file, and whether to print: a new version brings its own',

  open(self): { active: boolean; readonly fd: number } {
    const { OUTFILE, ACTIVE } = self.config
    const fd = OUTFILE === '' ? -1 : openSync(OUTFILE, 'w')
    return { active: ACTIVE, fd }
  },

  action(self, p) {
    if (!self.resource.active || p.net < 0) return p
    const text = describe(p)
    if (text === null) return p
    const { LABEL, TIMESTAMP, ETHER } = self.config
    let line = LABEL === '' ? '' : `${LABEL}: `
    if (TIMESTAMP) line += `${(p.timeUs / 1e6).toFixed(6)}: `
    if (ETHER) line += etherPair(p)
    line += text
    if (self.resource.fd < 0) self.router.print(line)
    else writeSync(self.resource.fd, `${line}\n`)
    return p
  },

  close(self) {
    if (self.resource.fd >= 0) closeSync(self.resource.fd)
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
      },
    },
  },
})

function etherPair(p: Packet): string {
  const at = p.mac < 0 ? p.off : p.mac
  if (at + 14 > p.net || at + 14 > p.end) return ''
  return `${etherText(p.mem, at + 6)} > ${etherText(p.mem, at)}: `
}

/** What the packet asks or says; null: nothing that is about IPv4 addresses. */
function describe(p: Packet): string | null {
  const { mem: m, net: n } = p
  const length = Math.max(0, p.end - n)
  if (length < ARP_HEADER) return `truncated-arp (${length})`
  const u16 = (at: number) => (m[at]! << 8) | m[at + 1]!
  const hardware = u16(n)
  const protocol = u16(n + 2)
  if ((protocol !== IPV4 && protocol !== TRAILER) || m[n + 5] !== 4 || m[n + 4] === 0) return null
  // A packet that is cut off is shown with what the frame has behind it, as zero.
  const bytes = new Uint8Array(28)
  bytes.set(m.subarray(n, Math.min(p.end, n + 28)))
  const front = protocol === TRAILER ? 'trailer-' : ''
  const other = hardware === 1 ? '' : `hardware #${hardware}`
  return front + operation(bytes, u16(n + 6), m[n + 4]!) + other
}

function operation(b: Uint8Array, op: number, etherLength: number): string {
  const sender = etherText(b, 8)
  const target = etherText(b, 18)
  const senderIp = ipText(readIp(b, 14))
  const targetIp = ipText(readIp(b, 24))
  switch (op) {
    case 1: {
      const known = b.subarray(18, 18 + Math.min(etherLength, 6)).some((byte) => byte !== 0)
      return `arp who-has ${targetIp}${known ? ` (${target})` : ''} tell ${senderIp}`
    }
    case 2:
      return `arp reply ${senderIp} is-at ${sender}`
    case 3:
      return `rarp who-is ${target} tell ${sender}`
    case 4:
      return `rarp reply ${target} at ${targetIp}`
    case 8:
      return `invarp who-is ${target} tell ${sender}`
    case 9:
      return `invarp reply ${target} at ${targetIp}`
    default:
      return `arp-#${op}`
  }
}
