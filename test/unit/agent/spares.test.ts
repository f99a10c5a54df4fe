// Spares: kept ready, taken once, refilled later; their end harms nobody, and they go with the agent.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type Clock, realClock } from '../../../lib/clock.ts'
import { SPARE_PAUSE_MS } from '../../../lib/limits.ts'
import { silentLog } from '../../../lib/log.ts'
import type { ReplicaSpec } from '../../../lib/wire/messages.ts'
import {
  type BlankProcess,
  type Exit,
  RunFiles,
  startBlank,
} from '../../../node-agent/processes.ts'
import { Spares } from '../../../node-agent/spares.ts'
import { alive, until } from '../coordinator/lab.ts'

/** A clock whose timers run when the test says so. */
function clockByHand() {
  const waiting: { at: number; run: () => void }[] = []
  let now = 0
  const clock: Clock = {
    ...realClock,
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      waiting.push(timer)
      return { cancel: () => void waiting.splice(waiting.indexOf(timer), 1) }
    },
  }
  const pass = (ms: number) => {
    now += ms
    for (const timer of waiting.filter((w) => w.at <= now)) {
      waiting.splice(waiting.indexOf(timer), 1)
      timer.run()
    }
  }
  return { clock, pass }
}

interface Fake extends BlankProcess {
  end(): void
  readonly number: number
}

function fakes(count: number) {
  const { clock, pass } = clockByHand()
  const started: Fake[] = []
  const start = (number: number): BlankProcess => {
    let lives = true
    let exit = (_: Exit) => {}
    const exited = new Promise<Exit>((resolve) => {
      exit = resolve
    })
    const end = () => {
      lives = false
      exit({ code: null, signal: 'SIGKILL' })
    }
    const become = () => {
      throw new Error('not a real one')
    }
    started.push({
      number,
      exited,
      warm: new Promise(() => {}),
      alive: () => lives,
      kill: end,
      end,
      become,
    })
    return started.at(-1)!
  }
  const spares = new Spares({ count, start, clock, log: silentLog })
  return { spares, started, pass }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('as many as wanted, after the pause; one that is taken is replaced when asked for', (t) => {
  const { spares, started, pass } = fakes(2)
  t.false(spares.ready)
  t.is(spares.take(), null)
  pass(SPARE_PAUSE_MS)
  t.is(started.length, 2)
  t.is(spares.take(), started[0]!)
  pass(10 * SPARE_PAUSE_MS)
  t.is(started.length, 2)
  spares.refillLater()
  pass(SPARE_PAUSE_MS - 1)
  spares.refillLater()
  pass(SPARE_PAUSE_MS - 1)
  t.is(started.length, 2, 'the pause begins anew')
  pass(1)
  t.is(started.length, 3)
  t.is(spares.take(), started[1]!)
})

test('none where none are wanted', (t) => {
  const { spares, started, pass } = fakes(0)
  spares.refillLater()
  pass(10 * SPARE_PAUSE_MS)
  t.is(started.length, 0)
  t.false(spares.ready)
})

test('one that dies is not given out, and is replaced; again and again, but ever more slowly', async (t) => {
  const { spares, started, pass } = fakes(1)
  pass(SPARE_PAUSE_MS)
  started[0]!.end()
  t.false(spares.ready)
  t.is(spares.take(), null)
  await settled()
  const { spares: others, started: again, pass: wait } = fakes(1)
  wait(SPARE_PAUSE_MS)
  again[0]!.end()
  await settled()
  wait(SPARE_PAUSE_MS)
  t.is(again.length, 2)
  again[1]!.end()
  await settled()
  wait(SPARE_PAUSE_MS)
  t.is(again.length, 2, 'the second pause is longer')
  wait(SPARE_PAUSE_MS)
  t.is(again.length, 3)
  t.true(others.ready)
})

test('they end with their keeper, and no other is started', async (t) => {
  const { spares, started, pass } = fakes(2)
  pass(SPARE_PAUSE_MS)
  spares.refillLater()
  await spares.close()
  pass(10 * SPARE_PAUSE_MS)
  spares.refillLater()
  pass(10 * SPARE_PAUSE_MS)
  t.is(started.length, 2)
  t.deepEqual(
    started.map((s) => s.alive()),
    [false, false],
  )
})

function files(t: ExecutionContext): RunFiles {
  const dir = mkdtempSync(join(tmpdir(), 'cu-spare-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return new RunFiles(dir)
}

const READS = `console.log('before')
process.stdin.on('data', (d) => { console.log('is ' + JSON.parse(d).replica); setInterval(() => {}, 1000) })`

test('a process becomes what it is told, and its log with it, behind what was there', async (t) => {
  const run = files(t)
  const main = join(run.dir, 'main.mjs')
  writeFileSync(main, READS)
  writeFileSync(run.log('nat.7'), 'of the one before\n')
  const blank = startBlank(main, run.spareLog(1), run, realClock)
  t.teardown(() => blank.kill())
  await until(() => readFileSync(run.spareLog(1), 'utf8').includes('before'))
  const process_ = blank.become({ replica: 'nat.7' } as ReplicaSpec)
  const log = () => readFileSync(run.log('nat.7'), 'utf8')
  await until(() => log().includes('is nat.7'))
  t.is(log(), 'of the one before\nbefore\nis nat.7\n')
  t.deepEqual(
    readdirSync(join(run.dir, 'logs')).filter((n) => n.includes('spare')),
    [],
  )
  t.true(process_.alive())
  t.is((await process_.end()).signal, 'SIGTERM')
})

const built = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

for (const main of ['dataplane/main.js', 'deploy/replica.cjs'])
  test(`a dataplane process that nobody has told what it is ends with its agent (${main})`, async (t) => {
    const child = spawn(process.execPath, [built(main)], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, CLICK_UP_WARM_FD: '3' },
    })
    t.teardown(() => child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (data) => {
      said += data
    })
    child.stderr.on('data', (data) => {
      said += data
    })
    await once(child.stdio[3]!, 'data')
    t.true(alive(child.pid!))
    // What happens to the pipe when the agent is killed.
    child.stdin.destroy()
    const [code] = await once(child, 'close')
    t.is(code, 0)
    t.is(said, '')
  })
