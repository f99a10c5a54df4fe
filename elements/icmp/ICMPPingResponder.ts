/*
=c

ICMPPingResponder()

=s icmp

responds to ICMP echo requests

=d

Turns each ICMP echo request into its reply, and emits it on output 0: addresses exchanged,
time-to-live 255, fragmentation field 0, destination address annotation set, paint annotation
cleared, timestamp set to the current time. The IP header annotation must be set.

Everything else goes to output 1 where that is connected, and is dropped otherwise. Source route
options are not looked at.

=h replies read-only

Returns the number of replies.

=a ICMPPingSource, ICMPError, IPClassifier
*/

import { DROP, element } from '../../dataplane/element.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { diff16, updated } from '../lib/checksum.ts'
import { ECHO } from '../lib/icmp.ts'
import { hasIp, ICMP, setU16, transportOf, u16At } from '../lib/ip-header.ts'

const TTL = 255

export default element({
  name: 'ICMPPingResponder',
  ports: '1/1-2',
  processing: 'a/ah',
  config: {},
  counters: { replies: 'echo requests answered' },

  route(self, p) {
    const m = p.mem
    const n = p.net
    if (hasIp(p) && m[n + 9] === ICMP) {
      const t = transportOf(p)
      if (t + 8 <= p.end && m[t] === ECHO) {
        const saddr = readIp(m, n + 12)
        writeIp(m, n + 12, readIp(m, n + 16))
        writeIp(m, n + 16, saddr)
        change(m, n + 6, 0, n + 10)
        change(m, n + 8, (TTL << 8) | m[n + 9]!, n + 10)
        change(m, t, 0, t + 2)
        // Of nothing but zeros the sum is the other zero.
        if (u16At(m, t + 2) === 0 && isZero(m, t, p.end)) setU16(m, t + 2, 0xffff)
        p.dst = saddr
        p.paint = 0
        p.timeUs = self.router.nowUs
        self.counters.replies++
        return 0
      }
    }
    return self.noutputs > 1 ? 1 : DROP
  },
})

/** Sets a word; the checksum at `sum` follows (RFC 1624). */
function change(m: Uint8Array, at: number, now: number, sum: number): void {
  const diff = diff16(u16At(m, at), now)
  setU16(m, at, now)
  setU16(m, sum, updated(u16At(m, sum), diff))
}

function isZero(m: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (m[i] !== 0) return false
  return true
}
