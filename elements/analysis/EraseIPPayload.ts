/*
=c

EraseIPPayload()

=s ip

zeroes what TCP and UDP packets carry

=d

Sets every byte behind the TCP or UDP header to zero, and the transport checksum; packets keep
their length. ICMP packets pass unchanged, packets of other protocols are dropped. The network
header must be set.

=a AnonymizeIPAddr
*/

import { element } from '../../dataplane/element.ts'

const ICMP = 1
const TCP = 6
const UDP = 17

export default element({
  name: 'EraseIPPayload',
  ports: '1/1',

  config: {},

  action(_self, p) {
    const { mem, net, end } = p
    if (net < 0 || end - net < 20) return null
    const proto = mem[net + 9]!
    if (proto === ICMP) return p
    if (proto !== TCP && proto !== UDP) return null
    const header = net + (mem[net]! & 15) * 4
    const from = payloadStart(mem, header, end, proto)
    if (from < end) mem.fill(0, from, end)
    const checksum = header + (proto === TCP ? 16 : 6)
    if (checksum + 2 <= end) mem.fill(0, checksum, checksum + 2)
    return p
  },
})

function payloadStart(mem: Uint8Array, header: number, end: number, proto: number): number {
  if (proto === UDP) return header + 8
  return header + 13 > end ? end : header + (mem[header + 12]! >> 4) * 4
}
