/*
=c

IPReassembler([I<keywords> HIMEM, MAX_MTU_ANNO])

=s ip

reassembles fragmented IP packets

=d

Takes IP packets with their IP header annotation set. Whole ones pass. Fragments are held until all of
a datagram are there; it then goes to output 0, with the header, what is in front of it, and the
annotations of its first fragment, and the timestamp of its last. Where fragments overlap, the one
that came later counts.

Fragments of a datagram of which none came for 30 seconds are given up. So are the oldest, when those
that are held take more than HIMEM bytes, until it is three quarters of that. What is given up is
dropped; where output 1 is connected, one packet with all that was there, each fragment at its place,
goes there, to an ICMPError say.

Held fragments are state: they move with their flows.

Keyword arguments are:

=over 8

=item HIMEM

Unsigned integer. Bytes of held fragments, headers and bookkeeping included. Default is 262144.

=item MAX_MTU_ANNO

Annotation of two bytes, which is set to the length of the longest fragment of a reassembled
datagram, IP header included.

=back

=h dump read-only

Returns the counts of fragments and datagrams, and for each incomplete datagram what of it is there.

=h fragments read-only

Returns the number of fragments seen.

=h reassembled read-only

Returns the number of datagrams put together.

=h failed read-only

Returns the number of datagrams given up.

=h bad read-only

Returns the number of fragments dropped for their length or place.

=a IPFragmenter, ICMPError
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseAnnotation } from '../../lib/click/args.ts'
import { FRAGMENTS_HELD_MAX } from '../../lib/limits.ts'
import { hasIp, isFragment } from '../lib/ip-header.ts'
import { type Reassembling, Reassembly } from '../lib/reassembly.ts'

export default element({
  name: 'IPReassembler',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { HIMEM: arg.u32(256 * 1024), MAX_MTU_ANNO: arg.anno('') },
  counters: {
    fragments: 'fragments seen',
    reassembled: 'datagrams put together',
    failed: 'datagrams given up',
    bad: 'fragments dropped for their length or place',
  },
  state: { held: packets({ capacity: FRAGMENTS_HELD_MAX }) },
  local: 'an index of the held fragments; it follows from them',

  configure(config, context) {
    const anno = config.MAX_MTU_ANNO === '' ? null : parseAnnotation(config.MAX_MTU_ANNO)
    if (anno !== null && anno.size !== 0 && anno.size !== 2)
      context.error('MAX_MTU_ANNO: an annotation of two bytes is needed')
    return { mtuAnno: anno?.offset ?? -1 }
  },

  open: () => new Reassembly(),

  push(self, _port, p) {
    const made = take(self, p)
    if (made !== null) self.out[0]!(made)
  },

  // What is held is not what the puller waits for: the next one is fetched.
  pull(self) {
    for (;;) {
      const p = self.in[0]!()
      if (p === null) return null
      const made = take(self, p)
      if (made !== null) return made
    }
  },

  handlers: { dump: { read: (self) => self.resource.dump(self) } },
})

function take(self: Reassembling & { readonly resource: Reassembly }, p: Packet): Packet | null {
  return hasIp(p) && isFragment(p.mem, p.net) ? self.resource.take(self, p) : p
}
