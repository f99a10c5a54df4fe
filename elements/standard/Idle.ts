/*
=c

Idle

=s basicsources

discards packets

=d

Has any number of inputs and outputs. Packets that come in are discarded; no
packet ever goes out.

=e

  Idle -> [1]scheduler;

=a Discard
*/

import { idle } from '../lib/idle.ts'

export default idle('Idle')
