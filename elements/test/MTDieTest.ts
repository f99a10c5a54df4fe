/*
=c

MTDieTest

=s test

stops the driver once for each thread

=d

Asks the driver to stop as many times as there are threads: a test of who waits for a stop.

=e

  MTDieTest; DriverManager(wait, print done, stop)

=a DriverManager
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'MTDieTest',
  ports: '0/0',
  config: {},

  counters: { stops: 'stops asked for' },

  initialize(self) {
    self.schedule()
  },

  task(self) {
    self.counters.stops++
    self.router.stop()
    return self.counters.stops < self.router.threads
  },
})
