// Our own cases: test/elements/<group>/*.clicktest, each run with `click` as people would, and again
// with a `click` that hands over to a fresh copy of itself all the time: results must not change.

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { binWithOptions } from './chaos-bin.ts'
import { findCases } from './main.ts'
import type { TestCase } from './parse.ts'
import { type Outcome, runCase } from './run.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const OPTIONS = { bin: `${ROOT}deploy/click-bin`, seconds: 60 }

/** Packets or handler calls between two hand-overs. */
const EVERY = '20'
const CHAOS = {
  ...OPTIONS,
  seconds: 300,
  bin: binWithOptions(OPTIONS.bin, ['--chaos-upgrade', EVERY]),
}

test.after.always(() => rmSync(CHAOS.bin, { recursive: true }))

/** Cases at a time: some of them look at real time, so that the machine must not be crowded. */
const AT_ONCE = 2

const turns: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve())
let next = 0

function inTurn(run: () => Promise<Outcome>): Promise<Outcome> {
  const turn = next++ % AT_ONCE
  const outcome = turns[turn]!.then(run)
  turns[turn] = outcome.catch(() => undefined)
  return outcome
}

/** What a case requires is asked at load, so that one that cannot run counts as skipped. */
function lacks(one: TestCase): boolean {
  if (one.require.trim() === '') return false
  const env = { ...process.env, PATH: `${OPTIONS.bin}:${process.env.PATH ?? ''}` }
  return spawnSync('sh', ['-e', '-c', one.require], { env, stdio: 'ignore' }).status !== 0
}

for (const one of findCases([`${ROOT}test/elements`])) {
  if (lacks(one)) {
    test.skip(`${one.name} skipped: needs ${one.require.trim()}`, () => undefined)
    continue
  }
  for (const options of [OPTIONS, CHAOS])
    test(`${one.name}${options === CHAOS ? ' under --chaos-upgrade' : ''}`, async (t) => {
      t.timeout(10 * 60_000)
      t.deepEqual(one.problems, [])
      const outcome = await inTurn(() => runCase(one, options))
      if (outcome.kind === 'pass') t.pass()
      else t.fail(outcome.why)
    })
}

test('a case that does not fit fails', async (t) => {
  const [good] = findCases([`${ROOT}test/elements/standard/Null-01.clicktest`])
  const bad = { ...good!, expectations: [{ ...good!.expectations[0]!, content: 'something else' }] }
  const outcome = await inTurn(() => runCase(bad, OPTIONS))
  t.is(outcome.kind, 'fail')
})
