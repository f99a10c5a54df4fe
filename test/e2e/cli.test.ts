// The whole way by the command line, with a real coordinator, agent and dataplanes over the udp
// driver: deploy, look, upgrade, refuse, roll back, undeploy; and everything is gone at the end.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { realClock } from '../../lib/clock.ts'

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'cu-e2e-'))
const run = join(dir, 'run')
const processes: ChildProcess[] = []
test.after.always(async () => {
  for (const child of processes.reverse()) await ended(child)
  rmSync(dir, { recursive: true, force: true })
})

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
  child.kill('SIGTERM')
  const late = realClock.after(8_000, () => child.kill('SIGKILL'))
  const code = await exit
  late.cancel()
  return code
}

/** Starts a process that goes on, and waits until it says that it is ready. */
async function serve(command: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, command, ...args, '--json', '--dir', run])
  processes.push(child)
  child.stderr.resume()
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)))
  })
  return child
}

interface Output {
  readonly status: number | null
  /** The lines that were printed, parsed. */
  readonly lines: readonly Record<string, unknown>[]
  readonly last: Record<string, unknown>
}

function cli(...args: string[]): Output {
  const { status, stdout } = spawnSync(process.execPath, [main, ...args, '--json', '--dir', run], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { status, lines, last: lines.at(-1)! }
}

const listen = 20_000 + (process.pid % 10_000) * 2
function serviceFile(name: string, config: string): string {
  const path = join(dir, name)
  const lines = [
    'service: echo',
    'driver: udp',
    'buckets: 64',
    'config: |',
    `  ${config}`,
    'ports:',
    `  inside: { udp: { listen: ${listen}, peer: ${listen + 1} } }`,
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}
const v1 = serviceFile(
  'v1.yaml',
  'FromDevice(inside) -> c :: Counter -> Queue -> ToDevice(inside);',
)
const v2 = serviceFile(
  'v2.yaml',
  'FromDevice(inside) -> d :: Counter -> Queue -> ToDevice(inside);',
)

interface Service {
  readonly state: string
  readonly owner: string
  readonly version: string
  readonly replicas: { replica: string; pid: number; version: string }[]
}
const service = () => (cli('status').last.services as Service[])[0]

test.serial('deploy, handler, logs, upgrade, refusals, rollback, undeploy', async (t) => {
  await serve('coordinator')
  const agent = await serve('agent')
  for (let i = 0; i < 100 && (cli('status').last.agents as unknown[]).length === 0; i++)
    await realClock.sleep(20)

  const deployed = cli('deploy', v1)
  t.is(deployed.status, 0, JSON.stringify(deployed.lines))
  t.is(deployed.last.driver, 'udp')
  t.is(cli('deploy', v1).last.code, 'CONFLICT')
  t.is(cli('handler', 'echo', 'c.count').last.value, '0')
  t.is(cli('handler', 'echo', 'c.nonesuch').last.code, 'NOT_FOUND')
  t.regex(JSON.stringify(cli('logs', 'echo').last.lines), /ready/)
  const first = service()!
  t.is(first.state, 'running')
  t.is(cli('status', 'echo').status, 0)
  t.like(cli('status', 'ohce'), { status: 1, last: { code: 'NOT_FOUND' } })

  const upgraded = cli('upgrade', 'echo', '--to', v2)
  t.is(upgraded.status, 0, JSON.stringify(upgraded.lines))
  t.is(upgraded.last.outcome, 'done')
  t.is(upgraded.last.held_overflow, 0)
  const steps = upgraded.lines.filter((l) => l.event === 'step').map((l) => l.step)
  // `drain` is over at once where the target's word overtakes the agent's.
  for (const step of ['prepare', 'precopy', 'hold', 'flip', 'forget'])
    t.true(steps.includes(step), step)
  t.is(cli('handler', 'echo', 'd.count').last.value, '0')
  const second = service()!
  t.is(second.replicas.length, 1)
  t.is(second.version, upgraded.last.version as string)
  t.not(second.replicas[0]?.pid, first.replicas[0]?.pid)

  const wrong = serviceFile('wrong.yaml', 'FromDevice(inside) -> Nonesuch -> Neither -> Discard;')
  const refused = cli('upgrade', 'echo', '--to', wrong)
  t.is(refused.status, 1)
  t.is(refused.last.code, 'CONFIG')
  t.is((refused.last.findings as unknown[]).length, 2)
  t.is(service()!.replicas[0]?.pid, second.replicas[0]?.pid)

  const back = cli('rollback', 'echo')
  t.is(back.status, 0, JSON.stringify(back.lines))
  t.is(back.last.version, deployed.last.version as string)
  t.is(cli('upgrade', 'echo', '--to', v1).last.outcome, 'unchanged')

  t.is(cli('undeploy', 'echo').status, 0)
  t.deepEqual(cli('status').last.services, [])
  t.is(cli('undeploy', 'echo').last.code, 'NOT_FOUND')
  t.is(await ended(agent), 0)
  t.deepEqual(readdirSync(join(run, 'agent', 'replicas')), [])
  t.deepEqual(readdirSync(join(run, 'agent', 'streams')), [])
  t.false(existsSync(join(run, 'agent', 'agent.sock')))
})

test.serial('a second coordinator and a second agent are refused', async (t) => {
  const agent = await serve('agent')
  for (const command of ['coordinator', 'agent']) {
    const { status, last } = cli(command)
    t.is(status, 1, command)
    t.is(last.code, 'RUNNING')
  }
  t.is(await ended(agent), 0)
})
