/*
=c

ScheduleInfo(ELEMENT PARAM, ...)

=s information

specifies scheduling parameters

=d

Says how often elements with tasks run against each other: one with PARAM 2 runs four times as often
as one with PARAM 0.5. PARAM is a real number; of elements that are not named it is 1. An element's
handler C<tickets> is 1024 times its PARAM.

Inside of a compound element, it names the compound's parts. Outside, the name of a compound element
stands for all its parts, and PARAM is a factor for what they have; the name of a part (C<c/part>) gives
it exactly PARAM.


=e

  InfiniteSource -> ... ;
  slow :: RatedUnqueue(10) -> ... ;
  ScheduleInfo(slow 0.1)

=a StaticThreadSched
*/

import { element } from '../../dataplane/element.ts'
import { parseScheduleEntry } from '../../dataplane/schedule-info.ts'

// What it says is read when the router is built: dataplane/schedule-info.ts.
export default element({
  name: 'ScheduleInfo',
  ports: '0/0',
  config: 'raw',

  configure(_config, context) {
    for (const arg of context.args)
      if (arg.trim() !== '' && parseScheduleEntry(arg) === null)
        context.message?.("expected 'ELEMENTNAME PARAM'")
  },
})
