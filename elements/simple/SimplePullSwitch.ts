/*
=c

SimplePullSwitch([INPUT])

=s scheduling

pulls from a settable input

=d

What PullSwitch is. In Click the two differ in that this one does not tell those who pull when it
has packets; here they sleep and are woken by both.

=over 8

=item INPUT

Integer; negative: no packets. Default is 0.

=back

=h switch read/write

Returns or sets the INPUT parameter.

=a PullSwitch, StaticPullSwitch
*/

import { pullSwitch } from '../lib/pull-switch.ts'

export default pullSwitch('SimplePullSwitch')
