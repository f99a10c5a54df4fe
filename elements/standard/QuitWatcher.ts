/*
=c

QuitWatcher(ELEMENT, ...)

=s control

stops the driver when an element is done

=d

Looks every 10 ms whether each ELEMENT still has work to do, as its handler C<scheduled> says, and
stops the driver when one has not.

=e

  s :: InfiniteSource(LIMIT 1000) -> ...;
  QuitWatcher(s)

=a DriverManager, Script
*/

import { element } from '../../dataplane/element.ts'

/** Between two looks. */
const PAUSE_MS = 10

export default element({
  name: 'QuitWatcher',
  ports: '0/0',
  config: 'raw',

  configure(_config, context) {
    const names = context.args.map((text) => text.trim())
    const elements = names.map((name) => context.find(name)?.name ?? null)
    elements.forEach((found, i) => {
      if (found === null) context.error(`'${names[i]}' does not name an element`)
    })
    return { watched: elements.filter((name) => name !== null) }
  },

  initialize(self, errors) {
    for (const name of self.plan.watched) {
      if (self.router.findHandler(`${name}.scheduled`).found !== 'handler')
        errors.error(`no '${name}.scheduled' handler`)
    }
    self.timerAt(self.router.nowMs + PAUSE_MS)
  },

  timer(self) {
    const busy = self.plan.watched.every(
      (name) => self.router.readHandler(`${name}.scheduled`) === 'true',
    )
    if (busy) self.timerAt(self.router.nowMs + PAUSE_MS)
    else self.router.stop()
  },
})
