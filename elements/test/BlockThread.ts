/*
=c

BlockThread

=s test

blocks the thread for a while

=d

Its handler does nothing for some time, and nothing else is done meanwhile: for tests of what a late
router does.

=h block write-only

Blocks for that many seconds, 10 at most.

=e

  b :: BlockThread; Script(wait 1s, write b.block 0.1)

=a Script
*/

import { element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { BLOCK_MS_MAX } from '../../lib/limits.ts'

export default element({
  name: 'BlockThread',
  ports: '0/0',
  config: {},

  handlers: {
    block: {
      write(_self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null) throw new Error('bad TIME')
        const ms = Math.min(seconds * 1000, BLOCK_MS_MAX)
        // Nobody wakes it: the time passes.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
      },
    },
  },
})
