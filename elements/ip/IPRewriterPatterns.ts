/*
=c

IPRewriterPatterns(NAME SADDR SPORT DADDR DPORT, ...)

=s nat

specifies shared IPRewriter patterns

=d

Gives names to patterns, for IPRewriter's input specification 'pattern NAME FOUTPUT ROUTPUT'. The
names hold in the whole configuration, and must be distinct in it. Has no inputs and outputs.

=e

  IPRewriterPatterns(out 1.0.0.1 1024-65535 - -);
  rw :: IPRewriter(pattern out 0 1, drop);

=a IPRewriter
*/

import { element } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'
import { parsePattern } from '../lib/rewriter-spec.ts'

export default element({
  name: 'IPRewriterPatterns',
  ports: '0/0',
  config: 'raw',

  configure(_config, context) {
    const names = new Set<string>()
    for (const text of context.args) {
      const [name, ...fields] = splitSpaces(text)
      if (name === undefined) continue
      const pattern = parsePattern(fields, context.addresses)
      if (typeof pattern === 'string') context.error(`pattern '${name}': ${pattern}`)
      if (names.has(name)) context.error(`pattern '${name}': defined twice`)
      names.add(name)
    }
    return null
  },
})
