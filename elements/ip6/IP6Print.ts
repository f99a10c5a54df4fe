/*
=c

IP6Print([LABEL, I<keywords> CONTENTS, NBYTES])

=s ip6

prints IP6 packets

=d

Prints a line for each packet: LABEL, addresses, payload length, next header and hop limit. The
network header annotation must be set; packets without it pass unprinted.

Keyword arguments are:

=over 8

=item LABEL

String in front of each line. Default is none.

=item CONTENTS

Boolean. If true, prints the packet's bytes in hexadecimal too. Default is false.

=item NBYTES

Unsigned integer. Most bytes to print. Default is 1500.

=back

=a IPPrint, Print
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { u16At } from '../lib/ip-header.ts'
import { DST_AT, HOP_LIMIT_AT, hasIp6, ip6Text, NEXT_AT, SRC_AT } from '../lib/ip6.ts'

export default element({
  name: 'IP6Print',
  ports: '1/1',
  config: { LABEL: arg.string('').at(), CONTENTS: arg.bool(false), NBYTES: arg.count(1500) },

  action(self, p) {
    if (!hasIp6(p)) return p
    const { LABEL, CONTENTS, NBYTES } = self.config
    const head = LABEL === '' ? '' : `${LABEL}: `
    self.router.print(`${head}${describe(p)}\n${CONTENTS ? hex(p, NBYTES) : ''}`)
    return p
  },
})

function describe({ mem: m, net: n }: Packet): string {
  const fields = `plen ${u16At(m, n + 4)}, next ${m[n + NEXT_AT]}, hlim ${m[n + HOP_LIMIT_AT]}`
  return `${ip6Text(m, n + SRC_AT)} -> ${ip6Text(m, n + DST_AT)} ${fields}`
}

/** 24 bytes a line, in groups of 4. */
function hex(p: Packet, most: number): string {
  let text = '  '
  const n = Math.min(p.end - p.off, most)
  for (let i = 0; i < n; i++) {
    text += p.mem[p.off + i]!.toString(16).padStart(2, '0')
    if (i % 24 === 23) text += '\n  '
    else if (i % 4 === 3) text += ' '
  }
  return text
}
