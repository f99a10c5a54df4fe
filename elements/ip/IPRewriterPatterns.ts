/*
=c

IPRewriterPatterns(NAME PATTERN, ...)

=s nat

specifies shared IPRewriter patterns

=d

Gives names to patterns, for the input specification 'pattern NAME FOUTPUT ROUTPUT' of
IPRewriter and its relatives. PATTERN is one of 'SADDR SPORT DADDR DPORT', 'SADDR DADDR RANGE'
and 'SADDR DADDR', by the class of rewriters that use it. The names hold in the whole
configuration, and must be distinct in it. Has no inputs and outputs.

Rewriters and inputs that use the same pattern with a range marked '#' take its values in turn
together.

=e

  IPRewriterPatterns(out 1.0.0.1 1024-65535 - -);
  rw :: IPRewriter(pattern out 0 1, drop);

=a IPRewriter, IPAddrRewriter, IPAddrPairRewriter, TCPRewriter, UDPRewriter, ICMPPingRewriter,
RoundRobinIPMapper
*/

import { element } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'
import { turnsTable } from '../lib/rewriter-map.ts'
import { parsePattern } from '../lib/rewriter-pattern.ts'

export default element({
  name: 'IPRewriterPatterns',
  ports: '0/0',
  config: 'raw',
  state: { turns: turnsTable },

  configure(_config, context) {
    const names = namesBefore(context.name, context.elementsOf?.('IPRewriterPatterns') ?? [])
    const { addresses, name: holder } = context
    for (const [turn, text] of context.args.entries()) {
      const [name, ...words] = splitSpaces(text)
      if (name === undefined) continue
      if (names.has(name)) {
        context.error(`pattern '${name}' already defined`)
        continue
      }
      names.add(name)
      const named = new Map()
      const pattern = parsePattern(words, { addresses, named, holder, turn })
      if (typeof pattern === 'string') context.error(pattern)
    }
    return null
  },
})

/** Names that elements in front of this one define. */
function namesBefore(
  self: string,
  elements: readonly { readonly name: string; readonly args: readonly string[] }[],
): Set<string> {
  const names = new Set<string>()
  for (const { name, args } of elements) {
    if (name === self) break
    for (const text of args) names.add(splitSpaces(text)[0] ?? '')
  }
  names.delete('')
  return names
}
