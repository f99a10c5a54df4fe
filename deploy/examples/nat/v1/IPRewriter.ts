// IPRewriter as the example's first version has it: mappings without a count of packets and
// bytes, version 1 of the table. It is the element code that this version of the service brings
// along; upgrading to nat.click, which takes the built-in class, changes every mapping's layout
// on the way.

import { makeRewriter } from '../../../../elements/lib/rewriter.ts'

export default makeRewriter({ name: 'IPRewriter', family: 'ip', accounting: false })
