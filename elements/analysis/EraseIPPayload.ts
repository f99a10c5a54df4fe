/*
=c

EraseIPPayload()

=s ip

zeroes what TCP and UDP packets carry

=d

Sets every byte behind the TCP or UDP header to zero; packets keep their length, and
their checksums are not changed. Later fragments are zeroed behind the IP header. Other
packets pass unchanged. The network header must be set.

=a AnonymizeIPAddr
*/

import { element } from '../../dataplane/element.ts'

const TCP = 6
const UDP = 17

export default element({
  name: 'EraseIPPayload',
  ports: '1/1',

  config: {},

  action(_self, p) {
    const { mem, net } = p
    if (net < 0 || p.end - net < 20) return p
    const from = payloadStart(mem, net, p.end)
    if (from >= 0) mem.fill(0, from, p.end)
    return p
  },
})

/** Where the payload starts; -1: this is no packet to erase anything of. */
function payloadStart(mem: Uint8Array, net: number, end: number): number {
  const behind = net + (mem[net]! & 15) * 4
  const proto = mem[net + 9]!
  if (proto !== TCP && proto !== UDP) return -1
  if ((((mem[net + 6]! & 0x1f) << 8) | mem[net + 7]!) !== 0) return Math.min(behind, end)
  if (proto === UDP) return Math.min(behind + 8, end)
  if (behind + 13 > end) return end
  return Math.min(behind + (mem[behind + 12]! >> 4) * 4, end)
}
