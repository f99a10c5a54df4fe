/*
=c

FromDevice(DEVNAME [, I<keywords>])

=s netdevices

reads packets from a port

=d

Emits the packets that come in by the port DEVNAME: a port of the service, or, where
a configuration runs on its own, the network interface of that name. Packets have
their time, link header, packet type and port annotations set.

In a service the packets are this replica's: those of its buckets.

=over 8

=item DEVNAME

Name of a port.

=item SNIFFER

Boolean. If false, the kernel does not handle what comes in by the interface: as with
KernelFilter; where that fails, a warning says so. Default is true.

=item PROMISC

Boolean. Accepted: ports always take what is for other addresses.

=item SNAPLEN

Unsigned. Longer packets are cut off; the extra length annotation says by how much.
Default is the whole packet.

=item FORCE_IP

Boolean. If true, only IP packets are emitted, with their header annotations set.
Default is false.

=item PROTOCOL

Integer. If not 0, only packets of this Ethernet type are emitted.

=item BPF_FILTER

A filter expression as of C<tcpdump>, which must be installed: only packets that fit are
emitted. Needs the driver C<packet>.

=item OUTBOUND

Boolean. If true, packets that the host sends by the interface are emitted too. Needs the
driver C<packet>. Default is false.

=item TIMESTAMP

Boolean. If false, packets have no time annotation. Default is true.

=item HEADROOM

Unsigned. Bytes in front of packets at least; there are always 256. More is an error.

=item ENCAP

Word. Only C<ETHER>.

=item METHOD, CAPTURE, BURST

Accepted; the port's driver decides.

=item ACTIVE

Boolean. Accepted; the element always emits what comes in.

=back

=h count read-only

Returns the number of packets read.

=h kernel_drops read-only

Returns the number of packets that were dropped before they were read.

=h encap read-only

Returns C<ETHER>.

=h reset_counts write-only

Resets the count to zero.

=a ToDevice
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { FRAME_HEADROOM } from '../../lib/limits.ts'
import { filterDevice } from '../lib/device-filter.ts'
import { setExtraLength } from '../lib/extra-length.ts'
import { markIp } from '../lib/link-ip.ts'
import { tcpdumpFilter } from '../lib/tcpdump-filter.ts'

const METHODS = ['', 'PCAP', 'LINUX', 'NETMAP', 'DEVBPF', 'PCAPFD', 'DEFAULT']
const ETHER = 1

export default element({
  name: 'FromDevice',
  ports: '0/1',
  processing: 'h/h',
  source: true,

  config: {
    DEVNAME: arg.string().at().must(),
    SNIFFER: arg.bool(true),
    PROMISC: arg.bool(false).at(),
    SNAPLEN: arg.count(0).at(),
    FORCE_IP: arg.bool(false),
    METHOD: arg.text(''),
    CAPTURE: arg.text(''),
    BPF_FILTER: arg.string(''),
    PROTOCOL: arg.u16(0),
    OUTBOUND: arg.bool(false),
    HEADROOM: arg.count(FRAME_HEADROOM),
    ENCAP: arg.text('ETHER'),
    BURST: arg.count(1),
    TIMESTAMP: arg.bool(true),
    ACTIVE: arg.bool(true),
  },

  counters: { count: 'packets read' },

  local: 'rules of the firewall of this host',

  configure(config, context) {
    if (config.HEADROOM > FRAME_HEADROOM) context.error('HEADROOM out of range')
    if (config.BURST < 1) context.error('BURST out of range')
    if (config.ENCAP.toUpperCase() !== 'ETHER') context.error('bad encapsulation type')
    const method = (config.METHOD || config.CAPTURE).toUpperCase()
    if (!METHODS.includes(method)) context.error('bad METHOD')
  },

  open(self, errors): { filtered: string } {
    const { DEVNAME, SNIFFER, BPF_FILTER, OUTBOUND } = self.config
    const port = self.router.port(DEVNAME)
    if (port === null) return { filtered: '' } // told by initialize
    if (BPF_FILTER !== '') {
      if (port.filter === undefined) throw new Error('BPF_FILTER needs the driver packet')
      port.filter(tcpdumpFilter(BPF_FILTER))
    }
    if (OUTBOUND) {
      if (port.takeOutgoing === undefined) throw new Error('OUTBOUND needs the driver packet')
      port.takeOutgoing(true)
    }
    if (SNIFFER) return { filtered: '' }
    try {
      filterDevice(port.where, true)
      return { filtered: port.where }
    } catch (error) {
      errors.warning((error as Error).message)
      return { filtered: '' }
    }
  },

  carries: (self, old) => JSON.stringify(self.config) === JSON.stringify(old.config),

  close(self) {
    if (self.resource.filtered === '') return
    try {
      filterDevice(self.resource.filtered, false)
    } catch (error) {
      self.router.print(`${self.name} :: ${self.className}: ${(error as Error).message}`)
    }
  },

  receives: (self) => self.config.DEVNAME,

  onReceive(self) {
    const { SNAPLEN, FORCE_IP, PROTOCOL, TIMESTAMP } = self.config
    if (SNAPLEN === 0 && !FORCE_IP && PROTOCOL === 0 && TIMESTAMP) return null
    return (p) => {
      if (SNAPLEN > 0 && p.end - p.off > SNAPLEN) cut(p, SNAPLEN)
      if (!TIMESTAMP) p.timeUs = 0
      if (PROTOCOL !== 0 && (p.mem[p.off + 12]! << 8) + p.mem[p.off + 13]! !== PROTOCOL) {
        self.counters.count--
        return false
      }
      return !FORCE_IP || markIp(p, ETHER)
    }
  },

  initialize(self, errors) {
    const { DEVNAME } = self.config
    if (self.router.port(DEVNAME) === null) errors.error(`no port or interface '${DEVNAME}'`)
  },

  handlers: {
    kernel_drops: {
      read: (self) => String(self.router.port(self.config.DEVNAME)?.counters.rxDropped ?? 0),
    },
    encap: { read: () => 'ETHER' },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
      },
    },
  },
})

function cut(p: Packet, length: number): void {
  setExtraLength(p, p.end - p.off - length)
  p.end = p.off + length
}
