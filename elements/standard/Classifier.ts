/*
=c

Classifier(PATTERN_1, ..., PATTERN_N)

=s classification

classifies packets by contents

=d

Has N outputs. A packet goes to the output of the first pattern that it matches; one that matches
none is dropped, and counted in C<unmatched>.

A pattern is a list of clauses, separated by spaces, all of which must hold. A clause is
"OFFSET/VALUE" or "OFFSET/VALUE%MASK": OFFSET counts bytes from the packet's start, in decimal;
VALUE and MASK are in hexadecimal, of the same, even, number of digits. A "?" as a digit matches
anything. Only bits that are 1 in the mask are compared. A clause after "!" must not hold. A clause
about bytes that the packet does not have does not hold. The pattern "-" matches every packet.

A pattern that no packet can match, for instance because an earlier one takes all of its packets,
is reported as a warning.

The patterns are compiled into one function that looks at each word of the packet no more often
than is needed.

=h program read-only

Returns the program that the patterns were compiled to: in each step four bytes of the packet are
ANDed with a mask and compared.

=h unmatched read-only

Returns the number of packets that matched no pattern.

=e

  Classifier(12/0806 20/0001,
             12/0806 20/0002,
             12/0800,
             -);

sends ARP requests to output 0, ARP replies to output 1, IP packets to output 2, and everything else
to output 3.

=a IPClassifier, IPFilter
*/

import { element } from '../../dataplane/element.ts'
import { parsePattern } from '../lib/classifier-pattern.ts'
import { compileRules, type Program, type Rule } from '../lib/program.ts'
import { matcher, printProgram } from '../lib/program-code.ts'

export default element({
  name: 'Classifier',
  reconfigures: true,
  ports: '1/-',
  processing: 'h/h',
  config: 'raw',
  counters: { unmatched: 'packets that matched no pattern' },

  configure(_config, context): { readonly program: Program } {
    const rules: Rule[] = []
    context.args.forEach((text, i) => {
      const expr = parsePattern(text, (message) => context.error(`pattern ${i}: ${message}`))
      if (expr !== null) rules.push({ expr, output: i })
    })
    if (context.args.length !== context.noutputs)
      context.error(
        `${context.args.length} patterns need as many outputs, ${context.noutputs} are connected`,
      )
    const program = compileRules(rules, (i) =>
      context.warning(`output ${rules[i]!.output} matches no packets`),
    )
    return { program }
  },

  specialize: (self) => matcher(self.plan.program, 'packet', self.noutputs, 'unmatched'),

  handlers: {
    program: { read: (self) => printProgram(self.plan.program, 'packet') },
  },
})
