/*
=c

PullSwitch([INPUT])

=s scheduling

pulls from a settable input

=d

Pulls from input INPUT, which a handler can change; a negative INPUT gives no packets.
Default is 0.

=h switch read/write

Returns or sets the INPUT parameter.

=a Switch, PrioSched
*/

import { pullSwitch } from '../lib/pull-switch.ts'

export default pullSwitch('PullSwitch')
