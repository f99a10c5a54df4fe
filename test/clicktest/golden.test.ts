// Our own cases: test/elements/<group>/*.clicktest, each run with `click` as people would.

import { fileURLToPath } from 'node:url'
import test from 'ava'
import { findCases } from './main.ts'
import { runCase } from './run.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SECONDS = 60

for (const one of findCases([`${ROOT}test/elements`])) {
  test(one.name, async (t) => {
    t.timeout((SECONDS + 10) * 1000)
    t.deepEqual(one.problems, [])
    const outcome = await runCase(one, { bin: `${ROOT}deploy/click-bin`, seconds: SECONDS })
    if (outcome.kind === 'pass') t.pass()
    else t.fail(outcome.why)
  })
}

test('a case that does not fit fails', async (t) => {
  const [good] = findCases([`${ROOT}test/elements/standard/Null-01.clicktest`])
  const bad = { ...good!, expectations: [{ ...good!.expectations[0]!, content: 'something else' }] }
  const outcome = await runCase(bad, { bin: `${ROOT}deploy/click-bin`, seconds: SECONDS })
  t.is(outcome.kind, 'fail')
})
