/*
=c

IPClassifier(PATTERN_1, ..., PATTERN_N)

=s ip

classifies IP packets by contents

=d

Has N outputs. A packet goes to the output of the first pattern that it matches; one that matches
none is dropped, and counted in C<unmatched>. The IP header annotation must be set.

Patterns are those of tcpdump(1), roughly. They are made of primitives:

=over 8

=item B<[SRCORDST] host IPADDR>

Packets from or to an address. SRCORDST is 'src', 'dst', 'src or dst' or 'src and dst'; without it
'src or dst' is meant.

=item B<[SRCORDST] net NETADDR>

Packets from or to a network: 'ADDR/BITS' or 'ADDR mask MASK'.

=item B<[SRCORDST] [tcp | udp] port PORT>

TCP or UDP packets from or to a port.

=item B<[SRCORDST] ether host ETH>

Packets from or to an Ethernet address. The MAC header annotation must be set.

=item B<ip proto PROTO>

Packets of a protocol.

=item B<ip vers N>, B<ip hl N>, B<ip len N>, B<ip id N>, B<ip tos N>, B<ip dscp N>, B<ip ttl N>

Packets with that value in the IP header.

=item B<ip ect>, B<ip ce>

ECN: packets that say that their transport is capable of it, or that congestion was met.

=item B<ip frag>, B<ip unfrag>

Fragments; whole datagrams.

=item B<tcp opt FLAG>, B<tcp win WINDOW>

TCP packets with a flag: 'syn', 'fin', 'ack', 'rst', 'psh', 'urg'; with a receive window.

=item B<icmp type TYPE>

ICMP packets of a type, a number or a name.

=item B<ip[POS:LEN] VALUE>, B<transp[POS:LEN] VALUE>, B<tcp[POS:LEN] VALUE> ...

Packets with VALUE in LEN bytes, 1 if not given, from POS on in the IP or transport header. The
bytes must lie within one aligned word of four.

=item B<true>, B<false>

Every packet, none.

=back

They are joined by 'and', 'or', 'not' ('&&', '||', '!'), by 'A ? B : C' with spaces around the
colon, and by parentheses. 'and' may be left out: 'fin ack' is 'fin and ack'.

A primitive takes '==' or '!=' before its value, and '<', '>', '<=', '>=' where the value is a
number; 'tcp opt' takes none. 'PRIMITIVE & MASK [OP VALUE]' compares bits; without OP, it asks
whether any of them is set. 'src tcp port != 5' is true of TCP packets only; '!(src tcp port ==
5)' also of others. So are 'icmp type != 4' and the like.

Port, 'tcp opt', 'tcp win', 'icmp type' and transport header primitives match first fragments only.
What a packet is too short for does not match, and neither does its negative ('!='), but 'not' of it
does.

Much can be left out where the value says it: 'tcp' for 'ip proto tcp', 'www' for 'port www',
'syn' for 'tcp opt syn', '10.0.0.0/24' for 'net 10.0.0.0/24', and what the primitive before had:
'src port 80 or 81'.

The patterns '-', 'any' and 'all' match every packet. A pattern that no packet can match is reported
as a warning.

=h program read-only

Returns the program that the patterns were compiled to. Offsets count from 2 in the MAC header, from
256 in the network header, from 512 in the transport header.

=h pattern0 read/write

Returns or sets pattern 0; there is such a handler for each pattern.

=h unmatched read-only

Returns the number of packets that matched no pattern.

=e

  IPClassifier(10.0.0.0/24 and syn,
               10.0.0.0/24 and fin ack,
               10.0.0.0/24 and tcp,
               -);

=a Classifier, IPFilter, CheckIPHeader, MarkIPHeader
*/

import { element } from '../../dataplane/element.ts'
import { parseFilter } from '../lib/ip-filter.ts'
import { compileRules, type Program } from '../lib/program.ts'
import { matcher, printProgram } from '../lib/program-code.ts'

interface Plan {
  readonly program: Program
  readonly patterns: readonly string[]
}

export default element({
  name: 'IPClassifier',
  reconfigures: true,
  ports: '1/-',
  processing: 'h/h',
  config: 'raw',
  counters: { unmatched: 'packets that matched no pattern' },

  configure(_config, context): Plan {
    const { args, addresses, noutputs } = context
    let fine = true
    const rules = args.map((text, output) => {
      const error = (message: string) => {
        fine = false
        context.error(`pattern ${output}: ${message}`)
      }
      const warn = (message: string) => context.message?.(`pattern ${output}: warning: ${message}`)
      return { expr: parseFilter(text, addresses, error, warn), output }
    })
    if (args.length !== noutputs)
      context.error(`${args.length} patterns need as many outputs, ${noutputs} are connected`)
    const program = compileRules(rules, (i) => {
      if (fine) context.warning(`output ${i} matches no packets`)
    })
    return { program, patterns: [...args] }
  },

  specialize: (self) => matcher(self.plan.program, 'headers', self.noutputs, 'unmatched'),

  handlers: {
    program: { read: (self) => printProgram(self.plan.program, 'headers') },
    '*': {
      has: (self, name) => patternOf(self.plan, name) >= 0,
      read: (self, _arg, name) => self.plan.patterns[patternOf(self.plan, name)]!,
      write(self, value, name) {
        const patterns = self.plan.patterns.with(patternOf(self.plan, name), value)
        self.router.writeHandler(`${self.name}.config`, patterns.join(', '))
      },
    },
  },
})

/** Number of the pattern that a handler's name is of; -1: it is of none. */
function patternOf({ patterns }: Plan, name: string): number {
  const number = /^pattern(\d+)$/.exec(name)?.[1]
  return number !== undefined && Number(number) < patterns.length ? Number(number) : -1
}
