/*
=c

BalancedThreadSched([INTERVAL, INCREASING])

=s threads

spreads tasks over threads by their load

=d

In Click, moves tasks between threads every INTERVAL milliseconds, so that all threads have about the
same work. One thread runs everything here: the arguments are checked, and nothing is moved.

=over 8

=item INTERVAL

Unsigned integer, milliseconds. Default is 1000.

=item INCREASING

Boolean. Whether the lightest tasks are placed first. Default is true.

=back

=a StaticThreadSched
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'BalancedThreadSched',
  ports: '0/0',

  config: {
    INTERVAL: arg.count(1000).at(),
    INCREASING: arg.bool(true).at(),
  },
})
