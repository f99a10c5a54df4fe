// `make compare` compares programs; what it compares them with has to be the same each time.

import test from 'ava'
import { argsOf, type Case, captureOf, configText } from '../../compare/case.ts'
import { caseOf, generators } from '../../compare/main.ts'
import { shrink } from '../../compare/shrink.ts'

const all = await generators()

/** All that a run sees of a case. */
function whole(one: Case): string {
  const packets = Buffer.from(captureOf(one)).toString('hex')
  return [configText(one), ...argsOf(one), packets, JSON.stringify(one.files)].join('\n')
}

for (const [name, generator] of all)
  test(`${name}: the same seed makes the same case, another one another`, (t) => {
    const only = new Map([[name, generator]])
    const made = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => whole(caseOf(only, seed)[1]))
    t.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => whole(caseOf(only, seed)[1])),
      made,
    )
    t.true(new Set(made).size > 4)
  })

test('a case is shrunk to what matters', async (t) => {
  const [, one] = caseOf(new Map([['ip-path', all.get('ip-path')!]]), 1)
  const differs = (smaller: Case) =>
    Promise.resolve(smaller.packets.length >= 2 && smaller.strands.length >= 1)
  const small = await shrink(one, differs, 500, 10)
  t.is(small.packets.length, 2)
  t.is(small.strands.length, 1)
  t.is(small.strands[0]!.links.length, 0)
  t.is(small.statements.length, 0)
})
