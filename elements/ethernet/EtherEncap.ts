/*
=c

EtherEncap(ETHERTYPE, SRC, DST)

=s ethernet

encapsulates packets in Ethernet header

=d

Puts an Ethernet header in front of each packet, with the given type, source and destination, and
sets the MAC header annotation to it. A packet without room for it in front is dropped.

For IP packets ARPQuerier is usually what is wanted.

=over 8

=item ETHERTYPE

Unsigned integer below 65536.

=item SRC

Ethernet address.

=item DST

Ethernet address.

=back

=h ethertype read/write

Returns or sets ETHERTYPE. What is set holds on this replica; a new one starts as configured.

=h src read/write

Returns or sets SRC.

=h dst read/write

Returns or sets DST.

=h no_headroom read-only

Returns the number of packets dropped for want of room.

=e

  EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2)

=a ARPQuerier, EtherMirror
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseEth, parseU16 } from '../../lib/click/args.ts'
import { copyEth } from '../lib/arp.ts'
import { etherText } from '../lib/text.ts'

export default element({
  name: 'EtherEncap',
  ports: '1/1',
  config: {
    ETHERTYPE: arg.u16().at().must(),
    SRC: arg.eth().at().must(),
    DST: arg.eth().at().must(),
  },
  counters: { no_headroom: 'packets dropped for want of room in front' },
  local: 'the header as configured; what a handler changes is a trial on one replica',

  open(self): Uint8Array {
    const header = new Uint8Array(14)
    header.set(self.config.DST, 0)
    header.set(self.config.SRC, 6)
    header[12] = self.config.ETHERTYPE >> 8
    header[13] = self.config.ETHERTYPE & 255
    return header
  },

  action(self, p) {
    if (!p.push(14)) {
      self.counters.no_headroom++
      return null
    }
    const m = p.mem
    const header = self.resource
    const off = p.off
    copyEth(m, off, header, 0)
    copyEth(m, off + 6, header, 6)
    m[off + 12] = header[12]!
    m[off + 13] = header[13]!
    p.mac = off
    return p
  },

  handlers: {
    ethertype: {
      read: (self) => String((self.resource[12]! << 8) | self.resource[13]!),
      write(self, value) {
        const type = parseU16(value)
        if (type === null) throw new Error(`'${value}' is not an Ethernet type`)
        self.resource[12] = type >> 8
        self.resource[13] = type & 255
      },
    },
    src: {
      read: (self) => etherText(self.resource, 6),
      write: (self, value) => self.resource.set(address(value), 6),
    },
    dst: {
      read: (self) => etherText(self.resource, 0),
      write: (self, value) => self.resource.set(address(value), 0),
    },
  },
})

function address(value: string): Uint8Array {
  const eth = parseEth(value)
  if (eth === null) throw new Error(`'${value}' is not an Ethernet address`)
  return eth
}
