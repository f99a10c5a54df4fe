/*
=c

IPFilter(ACTION_1 PATTERN_1, ..., ACTION_N PATTERN_N)

=s ip

filters IP packets by contents

=d

A packet is treated as the ACTION of the first pattern says that it matches: 'allow' is output 0,
'deny' and 'drop' drop it, a number is that output. A packet that matches none is dropped. What was
dropped is counted in C<dropped>. The IP header annotation must be set.

IPClassifier(n) has the patterns' syntax.

=h program read-only

Returns the program that the patterns were compiled to.

=h dropped read-only

Returns the number of packets that were dropped.

=e

  IPFilter(deny src 10.0.0.0/8,
           allow dst tcp port 22 or 80,
           allow icmp type echo,
           deny all);

=a IPClassifier, Classifier, CheckIPHeader, MarkIPHeader
*/

import { type ConfigureContext, element } from '../../dataplane/element.ts'
import { parseU32, takeWord } from '../../lib/click/args.ts'
import { parseFilter } from '../lib/ip-filter.ts'
import { compileRules, FALSE, NOWHERE, type Program, type Rule } from '../lib/program.ts'
import { matcher, printProgram } from '../lib/program-code.ts'

export default element({
  name: 'IPFilter',
  reconfigures: true,
  ports: '1/-',
  processing: 'h/h',
  config: 'raw',
  counters: { dropped: 'packets that were denied, or matched no pattern' },

  configure(_config, context): { readonly program: Program } {
    const rules = context.args.map((text, i) => parseRule(text, i, context))
    const program = compileRules(rules, (i) => {
      // 'allow false' says it itself.
      if (rules[i]!.expr.kind !== 'const') context.warning(`pattern ${i} matches no packets`)
    })
    return { program }
  },

  specialize: (self) => matcher(self.plan.program, 'headers', self.noutputs, 'dropped'),

  handlers: {
    program: { read: (self) => printProgram(self.plan.program, 'headers') },
  },
})

function parseRule(text: string, i: number, context: ConfigureContext): Rule {
  const { word, rest } = takeWord(text)
  const output = actionOf(word)
  if (output === null) {
    context.error(`pattern ${i}: '${word}' is not an action: allow, deny, drop or an output`)
    return { expr: FALSE, output: NOWHERE }
  }
  if (output !== NOWHERE && output >= context.noutputs)
    context.error(`pattern ${i}: output ${output} is not connected`)
  const error = (message: string) => context.error(`pattern ${i}: ${message}`)
  const warn = (message: string) => context.message?.(`pattern ${i}: warning: ${message}`)
  return { expr: parseFilter(rest, context.addresses, error, warn), output }
}

function actionOf(word: string): number | null {
  if (word === 'allow') return 0
  return word === 'deny' || word === 'drop' ? NOWHERE : parseU32(word)
}
