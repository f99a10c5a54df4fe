/*
=c

CheckCRC32

=s crc

checks and removes the CRC of packets

=d

Takes the last four bytes of a packet, which SetCRC32 appended, for a CRC of all before them. Where
it is right, the packet goes on without it; else the packet is reported and dropped.

=h drops read-only

Returns the number of packets dropped.

=e

  FromDump(in.pcap) -> CheckCRC32 -> ...

=a SetCRC32
*/

import { element } from '../../dataplane/element.ts'
import { crc32 } from '../lib/crc32.ts'

export default element({
  name: 'CheckCRC32',
  ports: '1/1',
  config: {},

  counters: { drops: 'packets with a wrong CRC, or too short for one' },

  action(self, p) {
    const at = p.end - 4
    if (at > p.off) {
      const { mem } = p
      const said = mem[at]! | (mem[at + 1]! << 8) | (mem[at + 2]! << 16) | (mem[at + 3]! << 24)
      if (said === crc32(mem, p.off, at)) {
        p.end = at
        return p
      }
    }
    self.counters.drops++
    self.router.print(`CRC32 failed, len ${p.length}`)
    return null
  },
})
