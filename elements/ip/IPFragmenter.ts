/*
=c

IPFragmenter(MTU, [I<keywords> HONOR_DF, VERBOSE, HEADROOM])

=s ip

fragments large IP packets

=d

Takes IP packets with their IP header annotation set. One of at most MTU bytes of IP goes to
output 0 as it is. A larger one is cut into fragments, which go to output 0 in order, with all
annotations of the packet; what is in front of the IP header goes with the first only. Where the
packet's don't-fragment bit is set it goes to output 1 instead, usually to an ICMPError, or is
dropped where that is not connected.

Keyword arguments are:

=over 8

=item MTU

Unsigned integer. At least 28.

=item HONOR_DF

Boolean. If false, the don't-fragment bit is ignored and cleared. Default is true.

=item VERBOSE

Boolean. If true, every packet with that bit is reported; otherwise the first five are. Default is
false.

=item HEADROOM

Unsigned integer. Bytes free in front of fragments. Default is what packets have that are received.

=back

=h drops read-only

Returns the number of packets that were too large and had the don't-fragment bit, or whose header alone
leaves no room for fragments; both go to output 1.

=h fragments read-only

Returns the number of fragments made.

=h no_room read-only

Returns the number of packets that could not be cut wholly: no frame was free.

=e

  ... -> fr :: IPFragmenter(1024) -> ...
  fr[1] -> ICMPError(18.26.4.24, unreachable, needfrag) -> ...

=a ICMPError
*/

import { arg, element } from '../../dataplane/element.ts'
import { FRAME_HEADROOM } from '../../lib/limits.ts'
import { readIp } from '../lib/arp.ts'
import { fragment } from '../lib/fragment.ts'
import { headerLength, setU16 } from '../lib/ip-header.ts'
import { ipText } from '../lib/text.ts'

const REPORTS = 5
const DONT = 0x40
/** Fragments begin at multiples of it. */
const UNIT = 8

export default element({
  name: 'IPFragmenter',
  ports: '1/1-2',
  processing: 'h/h',
  config: {
    MTU: arg.count().at().must(),
    HONOR_DF: arg.bool(true),
    VERBOSE: arg.bool(false),
    HEADROOM: arg.count(FRAME_HEADROOM),
  },
  counters: {
    drops: 'packets too large that must not, or cannot, be fragmented',
    fragments: 'fragments made',
    no_room: 'packets that could not be cut wholly: no frame was free',
  },

  configure(config, context) {
    if (config.MTU < 28) context.error('MTU must be at least 28')
    return null
  },

  push(self, _port, p) {
    const m = p.mem
    const n = p.net
    const { MTU, HONOR_DF, HEADROOM } = self.config
    const length = n < 0 ? 0 : (m[n + 2]! << 8) | m[n + 3]!
    if (length <= MTU || length > p.end - n) {
      self.out[0]!(p)
      return
    }
    const noRoom = MTU - headerLength(m, n) < UNIT
    if (noRoom || ((m[n + 6]! & DONT) !== 0 && HONOR_DF)) {
      if (self.counters.drops < REPORTS || self.config.VERBOSE) {
        const flow = `${ipText(readIp(m, n + 12))} ${ipText(readIp(m, n + 16))}`
        self.router.print(`IPFragmenter(${MTU}) DF ${flow} len=${p.end - p.off}`)
      }
      self.counters.drops++
      if (self.noutputs > 1) self.out[1]!(p)
      else self.kill(p)
      return
    }
    // The identification of a packet that was not to be cut need not be its own (RFC 6864).
    if ((m[n + 6]! & DONT) !== 0) setU16(m, n + 4, Math.floor(self.router.random() * 0x10000))
    const made = fragment(p, MTU, HEADROOM, self.router.pool, (q) => {
      self.counters.fragments++
      self.out[0]!(q)
    })
    if (!made) self.counters.no_room++
    self.kill(p)
  },
})
