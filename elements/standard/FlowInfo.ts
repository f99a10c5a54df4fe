/*
=c

FlowInfo(ELEMENT FLOWCODE, ...)

=s information

specifies flow codes

=d

Says where packets can go inside of an element, in place of what its class says: elements that look
for others up or down the stream (RED looks for queues) then follow FLOWCODE, as C<xy/x>. Push and pull
are not decided by it.


=e

  FlowInfo(router x/y)

=a RED
*/

import { element } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'

// What it says is read when the router is built: dataplane/schedule-info.ts.
export default element({
  name: 'FlowInfo',
  ports: '0/0',
  config: 'raw',

  configure(_config, context) {
    for (const arg of context.args) {
      const [name, code, ...more] = splitSpaces(arg)
      if (name === undefined || code === undefined || more.length > 0)
        context.error("expected 'ELEMENT CODE'")
      else if (context.find(name) === null) context.error(`'${name}' does not name an element`)
    }
  },
})
