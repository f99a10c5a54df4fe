// The packet path makes no garbage: ten million rounds of get, column access, remove and insert, in
// a process of their own, do not make the collector run. (Allocating 12 bytes a round would make it
// run several times.)

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

test('tables allocate nothing in steady state', async (t) => {
  const bench = fileURLToPath(new URL('../../bench/table.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [bench, '1024'])
  const row = stdout.trim().split('\n').at(-1)!.trim().split(/\s+/)
  t.is(row[0], '1024')
  t.true(Number(row.at(-1)) <= 1, stdout)
})
