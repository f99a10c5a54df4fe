/*
=c

StoreIPAddress(OFFSET)
StoreIPAddress(ADDR, OFFSET)

=s ip

stores IP address in packet

=d

Writes an address into each packet: ADDR, or without it the destination address annotation, where
that is not zero.

=over 8

=item ADDR

IP address. May be zero.

=item OFFSET

Where the address is written: bytes from the packet's start, or 'src' or 'dst': that address of the
IP header, whose checksum is updated, and that of TCP and UDP too. The IP header annotation must be
set then. No checksum is updated for an OFFSET in bytes.

=back

With an OFFSET in bytes, IP packets without an address to be stored pass unchanged. Packets that are
too short for OFFSET, have no IP header for 'src' and 'dst', or are no IP packets and have no address
to be stored, go to output 1 where that is connected, and are dropped otherwise.

=h misfits read-only

Returns the number of packets that went to output 1 or were dropped.

=a SetIPAddress, GetIPAddress, SetIPChecksum, SetTCPChecksum, SetUDPChecksum, IPAddrPairRewriter
*/

import { DROP, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseInteger, parseIp } from '../../lib/click/args.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { diff32, updated } from '../lib/checksum.ts'
import {
  hasIp,
  headerLength,
  IP_HEADER,
  isFirst,
  setU16,
  TCP,
  transportOf,
  UDP,
  u16At,
} from '../lib/ip-header.ts'

interface Plan {
  /** Null: the destination address annotation. */
  readonly addr: number | null
  /** From the packet's start, or (`header`) from the IP header's. */
  readonly offset: number
  readonly header: boolean
}

export default element({
  name: 'StoreIPAddress',
  ports: '1/1-2',
  processing: 'a/ah',
  config: 'raw',
  counters: { misfits: 'packets too short, or without what is to be stored' },

  configure(_config, context): Plan {
    const args = context.args.map((text) => text.replace(/^(?:ADDR|OFFSET)\s+/, ''))
    if (args.length > 2) context.error('too many arguments')
    const last = args.at(-1)
    if (last === undefined) context.error('OFFSET: required argument missing')
    const addr = args.length > 1 ? parseIp(args[0]!, context.addresses) : 0
    if (addr === null) context.error(`ADDR: '${args[0]}' is not an IP address`)
    const word = last?.toLowerCase() ?? ''
    const header = word === 'src' || word === 'dst'
    const offset = header ? (word === 'src' ? 12 : 16) : parseInteger(word)
    if (offset === null || offset < 0) context.error('type mismatch: OFFSET requires integer')
    return { addr: args.length > 1 ? addr : null, offset: offset ?? 0, header }
  },

  route(self, p) {
    const { addr, offset, header } = self.plan
    const value = addr ?? p.dst
    if (header) {
      if (hasIp(p) && headerLength(p.mem, p.net) >= IP_HEADER) {
        storeInHeader(p, offset, value)
        return 0
      }
    } else if ((value !== 0 || addr !== null) && offset + 4 <= p.end - p.off) {
      writeIp(p.mem, p.off + offset, value)
      return 0
    }
    // No address: an IP packet passes as it is.
    if (value === 0 && addr === null && !header && hasIp(p)) return 0
    self.counters.misfits++
    return self.noutputs > 1 ? 1 : DROP
  },
})

function storeInHeader(p: Packet, offset: number, addr: number): void {
  const m = p.mem
  const n = p.net
  const diff = diff32(readIp(m, n + offset), addr)
  writeIp(m, n + offset, addr)
  update(m, n + 10, diff)
  if (!isFirst(m, n)) return
  const t = transportOf(p)
  if (m[n + 9] === TCP && t + 20 <= p.end) update(m, t + 16, diff)
  // A UDP checksum of 0 is none.
  else if (m[n + 9] === UDP && t + 8 <= p.end && u16At(m, t + 6) !== 0) update(m, t + 6, diff)
}

function update(m: Uint8Array, at: number, diff: number): void {
  setU16(m, at, updated(u16At(m, at), diff))
}
