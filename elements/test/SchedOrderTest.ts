/*
=c

SchedOrderTest(ID [, I<keywords> SIZE, LIMIT, STOP])

=s test

remembers the order in which tasks run

=d

Its task runs again and again. All elements of this class write their ID in one common list when they
run, until it is full: so the order shows what ScheduleInfo does.

=over 8

=item ID

Integer.

=item SIZE

Unsigned integer. Length of the list: the largest SIZE of all. Default is 1024.

=item LIMIT

Unsigned integer. Its task runs so many times; 0: for ever. Default is 0.

=item STOP

Boolean. If true, stops the driver when the list is full. Default is false.

=back

=h order read-only

Returns the list.

=e

  ScheduleInfo(a 2); a :: SchedOrderTest(1, STOP true); SchedOrderTest(2)

=a ScheduleInfo
*/

import { arg, element } from '../../dataplane/element.ts'

/** The common list, of the first element of the class. */
interface List {
  readonly ids: number[]
  size: number
}

export default element({
  name: 'SchedOrderTest',
  ports: '0/0',

  config: {
    ID: arg.int().at().must(),
    SIZE: arg.count(1024),
    LIMIT: arg.count(0),
    STOP: arg.bool(false),
  },

  counters: { runs: 'times that the task has run' },

  local: 'a record of the tasks of this router, for a test of it',

  configure(_config, context) {
    return { first: context.elementsOf?.('SchedOrderTest')[0]?.name ?? context.name }
  },

  open(): List {
    return { ids: [], size: 0 }
  },

  initialize(self) {
    const list = listOf(self)
    list.size = Math.max(list.size, self.config.SIZE)
    self.schedule()
  },

  task(self) {
    const { ids, size } = listOf(self)
    if (ids.length < size) ids.push(self.config.ID)
    else if (self.config.STOP) self.router.stop()
    self.counters.runs++
    return self.config.LIMIT === 0 || self.counters.runs < self.config.LIMIT
  },

  handlers: {
    order: { read: (self) => `${listOf(self).ids.join(' ')}\n` },
  },
})

interface Me {
  readonly plan: { readonly first: string }
  readonly router: { element(name: string): { readonly resource: List } }
}

function listOf(self: Me): List {
  return self.router.element(self.plan.first).resource
}
