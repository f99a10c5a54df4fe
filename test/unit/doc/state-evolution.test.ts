// doc/state-evolution.md shows code of the example that the end-to-end test upgrades: what is shown is
// what runs.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const EXAMPLE = join(ROOT, 'deploy/examples/tally')

test('every code block of doc/state-evolution.md is in the example', (t) => {
  const text = readFileSync(join(ROOT, 'doc/state-evolution.md'), 'utf8')
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((m) => m[1]!)
  t.true(blocks.length >= 4)
  const files = readdirSync(EXAMPLE, { recursive: true, encoding: 'utf8' })
  const sources = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(EXAMPLE, file), 'utf8'))
  for (const block of blocks)
    t.true(
      sources.some((s) => s.includes(block)),
      block,
    )
})
