// Settings of the JavaScript engine for the packet path. A fused path calls each element's function;
// V8 inlines these up to a budget that is made for ordinary programs. With a larger one the IP
// forward chain is a fifth faster, and runs are alike (doc/performance.md). A function above V8's
// own 460 bytes of bytecode stays on its own: with it inlined there is no room left for the small
// ones around it, and which of them go without differs from run to run.
//
// All are heuristics of the optimising compiler: they change speed, never meaning, and may be set
// while the process runs. They are set late: V8 takes a code cache only under the flags that it was
// made with, and Node.js' own modules come from such caches, a worker's whole start among them.

import { setFlagsFromString } from 'node:v8'

export const FLAGS = [
  '--max-inlined-bytecode-size-cumulative=6000',
  '--max-inlined-bytecode-size-absolute=30000',
]

/**
 * Call before the first packet, and after what is loaded from caches that are made with V8's own
 * flags (deploy/bundle.ts); calls after that change only code that is compiled later.
 */
export function tuneEngine(): void {
  if (process.env.CLICK_UP_CODE_CACHE === 'write') return
  for (const flag of FLAGS) setFlagsFromString(flag)
}
