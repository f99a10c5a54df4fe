/*
=c

NotifierTest

=s test

tests notification

=d

Checks, when the router starts, that what its own queues say is what they hold: each element that tells
those who pull when it has packets must say so before anything was pulled. It says whether all was right;
a mistake refuses the configuration.

=e

  NotifierTest

=a NotifierDebug, TokenBucketTest
*/

import { element } from '../../dataplane/element.ts'
import { listenersOf, sinksOf } from '../../dataplane/wakeups.ts'
import { chain } from '../lib/notifier-checks.ts'

export default element({
  name: 'NotifierTest',
  ports: '0/0',
  config: {},

  initialize(_self, errors) {
    const wrong = checks().filter(([ok]) => !ok)
    for (const [, what] of wrong) errors.error(`test '${what}' failed`)
    if (wrong.length === 0) errors.message?.('All tests pass!')
  },
})

type Check = readonly [ok: boolean, what: string]

/** A source, a queue, a scheduler and a task that pulls, joined in a graph of their own. */
function checks(): Check[] {
  const { nodes, source, queue, puller, other } = chain()
  const sinks = sinksOf(nodes, source)
  return [
    [listenersOf(nodes, queue).join() === String(puller), 'who pulls through others listens'],
    [sinks !== null && sinks.join() === String(queue), 'who pushes through others waits'],
    [sinksOf(nodes, other) === null, 'who pushes elsewhere does not wait'],
    [listenersOf(nodes, puller).length === 0, 'nobody listens to who pulls'],
  ]
}
