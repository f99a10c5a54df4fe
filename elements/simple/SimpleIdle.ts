/*
=c

SimpleIdle

=s basicsources

discards packets

=d

What Idle is: packets that come in are discarded, and none ever goes out.

=a Idle
*/

import { idle } from '../lib/idle.ts'

export default idle('SimpleIdle')
