/*
=c

AnonymizeIPAddr([I<keywords> CLASS, PRESERVE_8, SEED])

=s ip

replaces IP addresses by others with the same structure

=d

Replaces source and destination address of IPv4 packets, whose network header must be set,
and updates the header's checksum. Two addresses that have the first I<p> bits in common
have replacements with the first I<p> bits in common. 0.0.0.0 and 255.255.255.255 stay.
Packets without network header go to output 1, or are dropped where there is none.

Only the header that the network header annotation points to is changed. The replacement is
of a keyed mixing function, not of a cipher: it hides addresses from readers, not from an
analyst who knows some pairs.

=over 8

=item CLASS

Integer from 0 to 32: how many leading one bits stay as they are. With 1, class A stays class
A; with 2, B stays B too; with 4, C and D do. Default is 0.

=item PRESERVE_8

Numbers from 0 to 255, apart by blanks: networks of 8 bits that stay where they are. Their
neighbours are bound by that too: with 18 kept, 19 must stay, and 16 and 17 stay or change
places.

=item SEED

Boolean. If false, every run replaces alike. Default is true.

=back

=a EraseIPPayload
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseInteger, splitSpaces } from '../../lib/click/args.ts'
import { anonymize } from '../lib/anonymize.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { diff32, updated } from '../lib/checksum.ts'

export default element({
  name: 'AnonymizeIPAddr',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    CLASS: arg.int(0),
    PRESERVE_8: arg.text(''),
    SEED: arg.bool(true),
  },

  state: {
    // Made with the first packet: a new version gets the old one's key before it has packets.
    key: cell({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      row: { made: 'u8', key0: 'i32', key1: 'i32' },
    }),
  },

  configure(config, context) {
    if (config.CLASS < 0 || config.CLASS > 32) context.error('CLASS must be between 0 and 32')
    const nets = splitSpaces(config.PRESERVE_8).map(parseInteger)
    if (nets.some((net) => net === null || net < 0 || net > 255))
      context.error('PRESERVE_8 expects integer between 0 and 255')
    return { preserveClass: config.CLASS, preserve8: nets.filter((net) => net !== null) }
  },

  route(self, p) {
    const { mem, net } = p
    if (net < 0 || p.end - net < 20) return 1
    const { key } = self.state
    if (key.made === 0) {
      key.made = 1
      key.key0 = self.config.SEED ? Math.floor(self.router.random() * 2 ** 32) | 0 : 1
      key.key1 = self.config.SEED ? Math.floor(self.router.random() * 2 ** 32) | 0 : 2
    }
    const src = readIp(mem, net + 12)
    const dst = readIp(mem, net + 16)
    const newSrc = anonymize(src, self.plan, key.key0, key.key1)
    const newDst = anonymize(dst, self.plan, key.key0, key.key1)
    writeIp(mem, net + 12, newSrc)
    writeIp(mem, net + 16, newDst)
    const field = (mem[net + 10]! << 8) | mem[net + 11]!
    const sum = updated(field, diff32(src, newSrc) + diff32(dst, newDst))
    mem[net + 10] = sum >> 8
    mem[net + 11] = sum
    return 0
  },
})
