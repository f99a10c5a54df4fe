// The store: commits are whole and survive kill -9; layouts that are not ours are refused.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { openStore } from '../../../coordinator/lmdb.ts'
import type { ServiceRecord } from '../../../coordinator/store.ts'
import type { JournalRecord } from '../../../lib/move/types.ts'
import { settings } from './lab.ts'

const record = (name: string, epoch: number): ServiceRecord => ({
  settings: settings(name),
  host: 'h',
  wanted: 'v1',
  previous: null,
  versions: ['v1'],
  owner: null,
  epoch,
  nextReplica: 1,
  change: null,
})
const journal = (move: number): JournalRecord => ({
  spec: {
    move,
    service: 'nat',
    source: 'nat.1',
    target: 'nat.2',
    epoch: 4,
    buckets: [[0, 64]],
    primary: true,
    ports: 2,
    transfer: { schemas: [{ a: [1, 2] }], map: {}, discard: [] },
  },
  decision: 'flip',
  outcome: null,
  epoch: 5,
  failure: null,
})

test('what is committed is read back, also by another process', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cu-store-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const store = openStore(dir)
  t.is(store.nextMove(), 1)
  const bytes = Uint8Array.of(1, 2, 3)
  await store.commit([
    { put: 'service', record: record('nat', 7) },
    { put: 'service', record: record('fw', 1) },
    { put: 'version', version: 'abc', bytes },
    { put: 'move', record: journal(9) },
    { put: 'nextMove', number: 10 },
  ])
  await store.close()
  const again = openStore(dir)
  t.deepEqual(
    again
      .services()
      .map((s) => s.settings.service)
      .sort(),
    ['fw', 'nat'],
  )
  t.deepEqual(again.service('nat'), record('nat', 7))
  t.deepEqual([...again.version('abc')!], [1, 2, 3])
  t.deepEqual(again.move(9), journal(9))
  t.is(again.nextMove(), 10)
  await again.commit([
    { remove: 'service', name: 'fw' },
    { remove: 'version', version: 'abc' },
  ])
  t.is(again.service('fw'), null)
  t.is(again.version('abc'), null)
  t.is(again.move(8), null)
  await again.close()
})

test('kill -9 in the middle of commits loses none that was confirmed, and tears none', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cu-store-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const writer = fileURLToPath(new URL('store-writer.js', import.meta.url))
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [writer, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (data) => {
        output += data
        if (output.split('\n').length > 40) child.kill('SIGKILL')
      })
      child.on('close', () => resolve())
    })
    const confirmed = Number(output.trimEnd().split('\n').at(-1))
    const store = openStore(dir)
    const a = store.service('a')?.epoch ?? -1
    t.true(a >= confirmed, `${a} of ${confirmed}`)
    t.is(store.service('b')?.epoch, a)
    await store.close()
  }
})

test('a file that is not a store is refused with a hint', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cu-store-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'store.mdb'), 'x'.repeat(20_000))
  const error = t.throws(() => openStore(dir)) as Error & { code: string; hint: string }
  t.is(error.code, 'SYSCALL')
  t.regex(error.message, /cannot be opened/)
})
