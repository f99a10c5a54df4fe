// Settings of the JavaScript engine for the packet path. A fused path calls each element's function;
// V8 inlines these up to a budget that is made for ordinary programs. A larger one makes the IP
// forward chain a fifth faster (doc/performance.md). Both are heuristics of the optimising compiler:
// they change speed, never meaning, and may be set while the process runs.

import { setFlagsFromString } from 'node:v8'

const FLAGS = ['--max-inlined-bytecode-size=1500', '--max-inlined-bytecode-size-cumulative=4000']

/** Call before the first packet; calls after that change only code that is compiled later. */
export function tuneEngine(): void {
  for (const flag of FLAGS) setFlagsFromString(flag)
}
