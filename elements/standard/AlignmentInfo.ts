/*
=c

AlignmentInfo(ELEMENT [MODULUS OFFSET ...], ...)

=s information

says how packets are aligned

=d

Each argument names an ELEMENT, with a MODULUS and an OFFSET for each of its inputs: packets that come
by that input start OFFSET bytes behind a multiple of MODULUS. click-align writes it for elements that
want to know. Here none does: only the arguments are checked.


=e

  AlignmentInfo(check 4 2)

=a Align
*/

import { type ConfigureContext, element } from '../../dataplane/element.ts'
import { parseInteger, splitSpaces } from '../../lib/click/args.ts'

export default element({
  name: 'AlignmentInfo',
  ports: '0/0',
  config: 'raw',

  configure(_config, context) {
    const said = new Map<string, string>()
    context.args.forEach((arg, i) => {
      const [name, ...numbers] = splitSpaces(arg)
      if (name === undefined) context.warning(`empty configuration argument ${i}`)
      else if (context.find(name) !== null) check(name, numbers, said, context)
    })
  },
})

/** Mistakes do not refuse the configuration, as in Click. */
function check(
  name: string,
  numbers: readonly string[],
  said: Map<string, string>,
  context: ConfigureContext,
): void {
  const note = (text: string) => context.message?.(text)
  if (numbers.length % 2 !== 0) note("expected 'ELEMENTNAME CHUNK OFFSET [CHUNK OFFSET...]'")
  numbers.forEach((text, i) => {
    if (parseInteger(text) === null) note(`expected ${i % 2 === 0 ? 'CHUNK' : 'OFFSET'}`)
  })
  const before = said.get(name)
  if (before !== undefined && before !== numbers.join(' '))
    note(`conflicting AlignmentInfo for '${name}'`)
  said.set(name, numbers.join(' '))
}
