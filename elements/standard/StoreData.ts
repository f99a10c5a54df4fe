/*
=c

StoreData(OFFSET, DATA)

=s basicmod

writes bytes into packets

=d

Writes DATA into each packet from byte OFFSET on. What would lie behind the packet's end is left
out: the packet's length stays as it is.

=over 8

=item OFFSET

Unsigned integer.

=item DATA

String.

=back

=e

  ... -> StoreData(12, \<0800>) -> ...

=a Clipboard
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'StoreData',
  ports: '1/1',

  config: {
    OFFSET: arg.count().at().must(),
    DATA: arg.string().at().must(),
  },

  configure(config) {
    return { bytes: new Uint8Array(Buffer.from(config.DATA, 'latin1')) }
  },

  action(self, p) {
    const { bytes } = self.plan
    const at = p.off + self.config.OFFSET
    const n = Math.min(bytes.length, p.end - at)
    for (let i = 0; i < n; i++) p.mem[at + i] = bytes[i]!
    return p
  },
})
