/*
=c

StoreUDPTimeSeqRecord(OFFSET [, I<keywords> DELTA])

=s timestamps

writes a number and the time into UDP packets, or how long they were under way

=d

Writes a record into the payload of UDP packets over IPv4 or IPv6 and keeps their checksum
right; a second element of the class, further on, adds how long a packet was under way. The
record has five numbers of 32 bits, highest byte first: the packet's number, from 1; seconds
and nanoseconds of its start; seconds and nanoseconds that it took.

Packets that are not UDP, and those with less than 22 bytes of payload, are dropped. In
IPv6 packets the UDP header must come straight behind the IP header.

=over 8

=item OFFSET

Unsigned. Where the IP header is: 14 for Ethernet frames.

=item DELTA

Boolean. If false, number and start are written, and nothing taken. If true, these stay
and the time since the start is written. Default is false.

=back

=h count read-only

Returns the number of packets that were written to.

=h reset write-only

Sets the count to zero.

=h drops read-only

Returns the number of packets that were dropped.

=a StoreTimestamp, UDPIPEncap
*/

import { arg, element } from '../../dataplane/element.ts'
import { diff32, updated } from '../lib/checksum.ts'

const UDP = 17
const PAYLOAD_MIN = 22
const BILLION = 1_000_000_000

export default element({
  name: 'StoreUDPTimeSeqRecord',
  ports: '1/1',

  config: {
    OFFSET: arg.count().at().must(),
    DELTA: arg.bool(false),
  },

  counters: {
    count: 'packets that were written to',
    drops: 'packets that are not UDP or are too short',
  },

  action(self, p) {
    const { counters, config, router } = self
    const { mem } = p
    const udp = udpHeader(mem, p.off + config.OFFSET, p.end)
    if (udp < 0 || udp + 8 + PAYLOAD_MIN > p.end) {
      counters.drops++
      return null
    }
    counters.count++
    const at = udp + 8
    const nowNs = Math.round((router.nowUs % 1e6) * 1000)
    const nowSec = Math.floor(router.nowUs / 1e6)
    let diff = 0
    if (config.DELTA) {
      let sec = nowSec - readWord(mem, at + 4)
      let ns = nowNs - readWord(mem, at + 8)
      if (ns < 0) {
        sec--
        ns += BILLION
      }
      diff += replaceWord(mem, at + 12, sec)
      diff += replaceWord(mem, at + 16, ns)
    } else {
      diff += replaceWord(mem, at, counters.count)
      diff += replaceWord(mem, at + 4, nowSec)
      diff += replaceWord(mem, at + 8, nowNs)
      diff += replaceWord(mem, at + 12, 0)
      diff += replaceWord(mem, at + 16, 0)
    }
    const field = (mem[udp + 6]! << 8) | mem[udp + 7]!
    if (field === 0) return p // no checksum (RFC 768)
    const sum = updated(field, diff) || 0xffff
    mem[udp + 6] = sum >> 8
    mem[udp + 7] = sum
    return p
  },

  handlers: {
    reset: {
      write(self) {
        self.counters.count = 0
      },
    },
  },
})

/** Where the UDP header is; -1: there is none. */
function udpHeader(mem: Uint8Array, ip: number, end: number): number {
  if (ip + 20 > end) return -1
  const version = mem[ip]! >> 4
  if (version === 4) return mem[ip + 9] === UDP ? ip + (mem[ip]! & 15) * 4 : -1
  return version === 6 && ip + 40 <= end && mem[ip + 6] === UDP ? ip + 40 : -1
}

function readWord(mem: Uint8Array, at: number): number {
  const low = (mem[at + 1]! << 16) | (mem[at + 2]! << 8) | mem[at + 3]!
  return mem[at]! * 0x100_0000 + low
}

/** Writes a word; what that adds to the checksum. */
function replaceWord(mem: Uint8Array, at: number, value: number): number {
  const old = readWord(mem, at) | 0
  mem[at] = value >>> 24
  mem[at + 1] = value >>> 16
  mem[at + 2] = value >>> 8
  mem[at + 3] = value
  return diff32(old, value | 0)
}
