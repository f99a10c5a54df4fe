/*
=c

ICMPPingResponder()

=s icmp

responds to ICMP echo requests

=d

Turns each ICMP echo request into its reply, and emits it on output 0: addresses exchanged,
time-to-live 255, destination address annotation set, paint annotation cleared, timestamp set to the
current time. The IP header annotation must be set.

Everything else, fragments of echo requests included, goes to output 1 where that is connected, and
is dropped otherwise. Source route options are not looked at.

=h replies read-only

Returns the number of replies.

=a ICMPError, IPClassifier
*/

import { DROP, element } from '../../dataplane/element.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { diff16, updated } from '../lib/checksum.ts'

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
    if (n >= 0 && m[n + 9] === 1 && ((m[n + 6]! & 0x3f) | m[n + 7]!) === 0) {
      const t = n + ((m[n]! & 15) << 2)
      if (t + 8 <= p.end && m[t] === 8 && m[t + 1] === 0) {
        m[t] = 0
        const icmp = updated((m[t + 2]! << 8) | m[t + 3]!, diff16(0x0800, 0))
        m[t + 2] = icmp >>> 8
        m[t + 3] = icmp
        const saddr = readIp(m, n + 12)
        writeIp(m, n + 12, readIp(m, n + 16))
        writeIp(m, n + 16, saddr)
        const ip = updated((m[n + 10]! << 8) | m[n + 11]!, diff16(m[n + 8]! << 8, TTL << 8))
        m[n + 8] = TTL
        m[n + 10] = ip >>> 8
        m[n + 11] = ip
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
