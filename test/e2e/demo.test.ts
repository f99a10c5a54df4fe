// The demo, interrupted: whatever it had started and made is gone.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { driverText } from './stage.ts'

const main = fileURLToPath(new URL('../../demo/main.js', import.meta.url))

/** Command lines of processes that have `text` in their environment or arguments. */
function processesOf(text: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.includes(text))
}

function namespaces(): string[] {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').filter((line) => /^cun.*-nat-/.test(line))
}

test.serial(
  `a demo that is interrupted leaves nothing behind (driver ${driverText})`,
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'cu-int-'))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    const before = namespaces()
    const env = { ...process.env, TMPDIR: dir }
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += data
    })
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes('traffic:')) child.kill('SIGTERM')
    t.is(await closed, 128 + 15, stderr)
    t.is(stderr, '')
    t.deepEqual(readdirSync(dir), [])
    t.deepEqual(processesOf(dir), [])
    t.deepEqual(namespaces(), before)
  },
)
