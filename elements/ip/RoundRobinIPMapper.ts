/*
=c

RoundRobinIPMapper(PATTERN1, ..., PATTERNn)

=s nat

gives a rewriter's new flows to patterns in turn

=d

Chooses patterns for IPRewriter and its relatives: name it as the specification of an input.
Each new flow of that input gets the next PATTERN, and after the last one the first again; a
pattern that has no free value in its range is passed over. So connections are spread over
several servers.

Each PATTERN is one of IPRewriter, with its outputs: 'SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT',
or 'NAME FOUTPUT ROUTPUT' with a name from IPRewriterPatterns. The outputs are those of the
rewriter that uses it. Has no inputs and outputs.

=e

Spreads connections to 1.0.0.1 over two servers:

  servers :: RoundRobinIPMapper(- - 10.0.0.1 - 0 1, - - 10.0.0.2 - 0 1);
  rw :: IPRewriter(servers, drop);
  outside -> [0]rw[0] -> inside;
  inside -> [1]rw[1] -> outside;

=a IPRewriter, TCPRewriter, UDPRewriter, IPRewriterPatterns, SourceIPHashMapper
*/

import { cell } from '../../dataplane/declare.ts'
import { element } from '../../dataplane/element.ts'
import { MAPPER_ELEMENT, mapperTurns, parsePatterns } from '../lib/mapper.ts'

interface Me {
  readonly plan: { readonly specs: readonly unknown[] }
  readonly state: { readonly turn: { next: number } }
}

export default element({
  ...MAPPER_ELEMENT,
  name: 'RoundRobinIPMapper',
  state: {
    ...mapperTurns,
    turn: cell({ version: 1, scope: 'shared', merge: 'last_writer', row: { next: 'u32' } }),
  },

  configure(_config, context) {
    if (context.args.length === 0) context.error('no patterns given')
    if (context.args.length === 1) context.warning('only one pattern given')
    return { specs: parsePatterns(context.args, context), tries, tried }
  },
})

function tries({ plan, state }: Me): { first: number; count: number } {
  // A new version may have fewer patterns.
  return { first: state.turn.next % plan.specs.length, count: plan.specs.length }
}

function tried({ plan, state }: Me, index: number): void {
  state.turn.next = (index + 1) % plan.specs.length
}
