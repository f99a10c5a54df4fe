// Makes a failing case small: leaves pieces out, largest first, as long as the programs still differ.

import type { Case, Strand } from './case.ts'

/** `differs` runs both programs; `runs` and `seconds` bound how often. */
export async function shrink(
  start: Case,
  differs: (smaller: Case) => Promise<boolean>,
  runs: number,
  seconds: number,
): Promise<Case> {
  let best = start
  let left = runs
  const end = performance.now() + seconds * 1000
  const attempt = async (smaller: Case): Promise<boolean> => {
    if (left-- <= 0 || performance.now() > end || !(await differs(smaller))) return false
    best = smaller
    return true
  }
  await without('strands', best.strands.length)
  await without('packets', best.packets.length)
  for (let before = -1; before !== weight(best) && left > 0; ) {
    before = weight(best)
    await without('statements', best.statements.length)
    await without('strands', best.strands.length)
    for (let k = best.strands.length - 1; k >= 0; k--) await shortenStrand(k)
    await without('packets', best.packets.length)
  }
  return best

  /** Leaves out runs of entries: halves, quarters, … single ones. */
  async function without(key: 'statements' | 'strands' | 'packets', length: number): Promise<void> {
    for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = best[key].length - size; at >= 0; at -= size) {
        const rest = best[key].filter((_, k) => k < at || k >= at + size)
        await attempt({ ...best, [key]: rest })
      }
  }

  async function shortenStrand(k: number): Promise<void> {
    for (let at = best.strands[k]!.links.length - 1; at >= 0; at--) {
      const shorter = (strand: Strand): Strand => ({
        ...strand,
        links: strand.links.filter((_, j) => j !== at),
      })
      await attempt({
        ...best,
        strands: best.strands.map((s, j) => (j === k ? shorter(s) : s)),
      })
    }
  }
}

function weight({ statements, strands, packets }: Case): number {
  const links = strands.reduce((sum, s) => sum + s.links.length, 0)
  return statements.length + strands.length + links + packets.length
}
