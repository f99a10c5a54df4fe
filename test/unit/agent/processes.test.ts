// Replica processes: what a killed agent left is ended, and nobody else; logs stay bounded.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { realClock } from '../../../lib/clock.ts'
import { LOG_BYTES_MAX } from '../../../lib/limits.ts'
import type { ReplicaSpec } from '../../../lib/wire/messages.ts'
import {
  boundLog,
  killLeftOvers,
  lastLines,
  RunFiles,
  startBlank,
} from '../../../node-agent/processes.ts'
import { alive } from '../coordinator/lab.ts'

function files(t: { teardown(fn: () => void): void }): RunFiles {
  const dir = mkdtempSync(join(tmpdir(), 'cu-run-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return new RunFiles(dir)
}

function start(run: RunFiles, replica: string, code: string) {
  const main = join(run.dir, 'main.mjs')
  writeFileSync(main, code)
  const blank = startBlank(main, run.log(replica), run, realClock)
  return blank.become({ replica } as ReplicaSpec)
}

const FOREVER = 'console.log("up"); setInterval(() => {}, 1000)'

test('left-overs are ended by the next agent', async (t) => {
  const run = files(t)
  const left = start(run, 'nat.1', FOREVER)
  t.true(alive(left.pid))
  t.deepEqual(await killLeftOvers(run, realClock), ['nat.1'])
  t.is((await left.exited).signal, 'SIGKILL')
  t.false(existsSync(run.pid('nat.1')))
  t.false(existsSync(run.spec('nat.1')))
  t.deepEqual(await killLeftOvers(run, realClock), [])
})

test('a process that got the number of a dead replica is let be', async (t) => {
  const run = files(t)
  const other = spawn('sleep', ['20'])
  t.teardown(() => other.kill('SIGKILL'))
  writeFileSync(run.pid('nat.1'), `${other.pid} 1`)
  t.deepEqual(await killLeftOvers(run, realClock), [])
  t.true(alive(other.pid!))
  t.false(existsSync(run.pid('nat.1')))
})

test('a process that does not listen to SIGTERM is killed', async (t) => {
  const run = files(t)
  const deaf = start(run, 'nat.1', `process.on('SIGTERM', () => {}); ${FOREVER}`)
  for (let i = 0; i < 300 && !readFileSync(run.log('nat.1'), 'utf8').includes('up'); i++)
    await realClock.sleep(20)
  t.is((await deaf.end()).signal, 'SIGKILL')
})

test('logs: the last lines, across the bound', (t) => {
  const run = files(t)
  const log = run.log('nat.1')
  t.throws(() => lastLines(run, 'nat.1', 5), { message: /no log/ })
  boundLog(log)
  writeFileSync(log, `${'x'.repeat(LOG_BYTES_MAX)}\nold\n`)
  boundLog(log)
  t.is(statSync(log).size, 0)
  writeFileSync(log, 'new\n')
  t.deepEqual(lastLines(run, 'nat.1', 2), ['old', 'new'])
})
