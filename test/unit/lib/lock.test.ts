// The lock: one holder, who is named; free again after release and after kill -9.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { ClickUpError } from '../../../lib/errors.ts'
import { takeLock } from '../../../lib/lock.ts'

test('one holder a directory and role', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cu-lock-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const lock = await takeLock(dir, 'agent')
  const error = (await t.throwsAsync(takeLock(`${dir}/../${dir.split('/').at(-1)}`, 'agent'))) as
    | ClickUpError
    | undefined
  t.is(error?.code, 'RUNNING')
  t.regex(error?.message ?? '', new RegExp(`an agent already runs.*process ${process.pid}`))
  const other = await takeLock(dir, 'coordinator')
  await other.release()
  await lock.release()
  const again = await takeLock(dir, 'agent')
  await again.release()
})

test('a holder that is killed leaves nothing', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cu-lock-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const module = new URL('../../../lib/lock.js', import.meta.url).href
  const code = `const { takeLock } = await import('${module}')
    await takeLock('${dir}', 'agent'); console.log('held'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code])
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
  const error = (await t.throwsAsync(takeLock(dir, 'agent'))) as ClickUpError | undefined
  t.regex(error?.message ?? '', new RegExp(`process ${child.pid}`))
  child.kill('SIGKILL')
  await new Promise((resolve) => child.on('close', resolve))
  const lock = await takeLock(dir, 'agent')
  await lock.release()
  t.pass()
})
