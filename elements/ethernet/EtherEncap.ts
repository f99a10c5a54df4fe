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
import { etherText } from '../lib/text.ts'

/** The header as bytes and, of the same memory, as words. */
interface Header {
  readonly bytes: Uint8Array
  readonly words: Uint16Array
}

export default element({
  name: 'EtherEncap',
  reconfigures: true,
  ports: '1/1',
  config: {
    ETHERTYPE: arg.u16().at().must(),
    SRC: arg.eth().at().must(),
    DST: arg.eth().at().must(),
  },
  counters: { no_headroom: 'packets dropped for want of room in front' },
  local: 'the header as configured; what a handler changes is a trial on one replica',

  open(self): Header {
    const bytes = new Uint8Array(14)
    bytes.set(self.config.DST, 0)
    bytes.set(self.config.SRC, 6)
    bytes[12] = self.config.ETHERTYPE >> 8
    bytes[13] = self.config.ETHERTYPE & 255
    return { bytes, words: new Uint16Array(bytes.buffer) }
  },

  action(self, p) {
    if (!p.push(14)) {
      self.counters.no_headroom++
      return null
    }
    const header = self.resource
    p.mac = p.off
    p.net = p.off + 14
    if ((p.off & 1) === 0) copyWords(p.words, p.off >> 1, header.words)
    else p.mem.set(header.bytes, p.off)
    return p
  },

  handlers: {
    ethertype: {
      read: (self) => String((self.resource.bytes[12]! << 8) | self.resource.bytes[13]!),
      write(self, value) {
        const type = parseU16(value)
        if (type === null) throw new Error(`'${value}' is not an Ethernet type`)
        self.resource.bytes[12] = type >> 8
        self.resource.bytes[13] = type & 255
      },
    },
    src: {
      read: (self) => etherText(self.resource.bytes, 6),
      write: (self, value) => self.resource.bytes.set(address(value), 6),
    },
    dst: {
      read: (self) => etherText(self.resource.bytes, 0),
      write: (self, value) => self.resource.bytes.set(address(value), 0),
    },
  },
})

/** Written out: no loop. */
function copyWords(to: Uint16Array, k: number, from: Uint16Array): void {
  to[k] = from[0]!
  to[k + 1] = from[1]!
  to[k + 2] = from[2]!
  to[k + 3] = from[3]!
  to[k + 4] = from[4]!
  to[k + 5] = from[5]!
  to[k + 6] = from[6]!
}

function address(value: string): Uint8Array {
  const eth = parseEth(value)
  if (eth === null) throw new Error(`'${value}' is not an Ethernet address`)
  return eth
}
