/*
=c

SetCRC32

=s crc

appends a CRC to packets

=d

Computes a CRC-32 over each packet and appends its four bytes, the lowest first.

=h drops read-only

Returns the number of packets that had no room, and for which no frame was free.

=e

  ... -> SetCRC32 -> ToDump(out.pcap)

=a CheckCRC32
*/

import { element } from '../../dataplane/element.ts'
import { crc32 } from '../lib/crc32.ts'
import { resized } from '../lib/resize.ts'

export default element({
  name: 'SetCRC32',
  ports: '1/1',
  config: {},

  counters: { drops: 'packets without room' },

  action(self, packet) {
    const crc = crc32(packet.mem, packet.off, packet.end)
    const p = resized(self.router.pool, packet, 0, 4)
    if (p === null) {
      self.counters.drops++
      return null
    }
    p.mem[p.end - 4] = crc
    p.mem[p.end - 3] = crc >> 8
    p.mem[p.end - 2] = crc >> 16
    p.mem[p.end - 1] = crc >> 24
    return p
  },
})
