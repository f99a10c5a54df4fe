/*
=c

StaticThreadSched(ELEMENT THREAD, ...)

=s threads

says which threads tasks run on

=d

Gives the tasks of an ELEMENT, or of all parts of a compound ELEMENT, a home thread, from 0 to one less
than the number of threads that the command line asks for. What is said last counts. The handler
C<home_thread> of an element shows it. One thread runs everything here: other numbers are shown, and
change nothing.


=e

  StaticThreadSched(source 0, sink 1)

=a ScheduleInfo, BalancedThreadSched
*/

import { element } from '../../dataplane/element.ts'
import { parseThreadEntry } from '../../dataplane/schedule-info.ts'

// What it says is read when the router is built: dataplane/schedule-info.ts.
export default element({
  name: 'StaticThreadSched',
  ports: '0/0',
  config: 'raw',

  configure(_config, context) {
    for (const arg of context.args) {
      const entry = parseThreadEntry(arg)
      if (entry === null) context.error("expected 'ELEMENT THREAD'")
      else if (context.find(entry.name) === null && context.isCompound?.(entry.name) !== true)
        context.error(`'${entry.name}' does not name an element`)
    }
    return { threads: context.args.map((arg) => parseThreadEntry(arg)?.thread ?? 0) }
  },

  initialize(self, errors) {
    for (const thread of self.plan.threads)
      if (thread < 0 || thread >= self.router.threads)
        errors.warning(`thread preference ${thread} out of range`)
  },
})
