// The command line without a coordinator: help, usage errors, exit statuses, check, JSON.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { EXIT, exitCode } from '../../../cli/exit.ts'
import { statusText } from '../../../cli/status.ts'
import { TOOLS } from '../../../cli/tools/main.ts'
import type { Status } from '../../../lib/wire/messages.ts'
import { settings } from '../coordinator/lab.ts'

const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'cu-cli-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

/** Commands with options of Click, or that name the folder themselves. */
const OWN_OPTIONS: ReadonlySet<string> = new Set(['run', '--dir', ...Object.keys(TOOLS)])

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, ...args, ...(OWN_OPTIONS.has(args[0]!) ? [] : ['--dir', join(dir, 'run')])],
    { encoding: 'utf8', timeout: 20_000 },
  )
  return { status, stdout, stderr }
}
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

test.serial('every command has help with an example', (t) => {
  const help = cli('--help')
  t.is(help.status, EXIT.ok)
  t.regex(help.stdout, /Exit status:/)
  const list = /^Commands:\n([\s\S]*?)\n\n/m.exec(help.stdout)![1]!
  const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((m) => m[1]!)
  names.splice(names.indexOf('help'), 1)
  t.is(names.length, 27)
  for (const name of names) {
    const { status, stdout } = cli(name, '--help')
    t.is(status, EXIT.ok, name)
    t.regex(stdout, /Examples?:/, name)
  }
})

test.serial('a wrong command line is status 2', (t) => {
  for (const args of [
    ['frob'],
    ['upgrade', 'nat'],
    ['deploy'],
    ['logs', 'nat', '-n', 'x'],
    ['upgrade', 'nat', '--to', 'a', '--map', 'b'],
    ['agent', '--metrics', '70000'],
    ['status', '--nonsense'],
  ])
    t.is(cli(...args).status, EXIT.usage, args.join(' '))
  const text = cli('logs', 'nat', '-n', 'x')
  t.regex(text.stderr, /^click-up: .*'x' is invalid.*\n {2}hint: .*--help/)
  const json = cli('deploy', '--json')
  t.is(json.status, EXIT.usage)
  t.like(JSON.parse(json.stdout), { ok: false, code: 'USAGE' })
  t.is(json.stderr, '')
})

test.serial('a reader that goes early ends a command without a word', (t) => {
  const command = `${process.execPath} ${main} upgrade --help | true; echo done`
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  t.is(stdout, 'done\n')
  t.is(stderr, '')
})

test.serial('no coordinator is status 3, also as JSON', (t) => {
  const text = cli('status')
  t.is(text.status, EXIT.unknown)
  t.regex(text.stderr, /no coordinator answers.*\n.*click-up coordinator/)
  const json = cli('undeploy', 'nat', '--json')
  t.is(json.status, EXIT.unknown)
  const error = JSON.parse(json.stdout) as { ok: boolean; code: string }
  t.false(error.ok)
  t.is(error.code, 'UNREACHABLE')
})

test.serial('check says everything that is wrong', (t) => {
  const good = cli('check', file('good.click', 'Idle -> Discard;\n'))
  t.is(good.status, EXIT.ok)
  t.regex(good.stdout, /no errors; 2 elements, 1 connection/)
  const bad = cli('check', file('bad.click', 'a :: Nonesuch;\nIdle -> b :: Neither -> Discard;\n'))
  t.is(bad.status, EXIT.failed)
  t.regex(bad.stderr, /bad.click:1:.*Nonesuch/)
  t.regex(bad.stderr, /bad.click:2:.*Neither/)
  const service = `service: x
config: |
  FromDevice(in) -> Queue -> ToDevice(out);
ports:
  a: { interface: e0 }
`
  const ports = cli('check', '--json', file('x.yaml', service))
  t.is(ports.status, EXIT.failed)
  const { findings } = JSON.parse(ports.stdout) as { findings: { message: string }[] }
  t.is(findings.length, 3)
  t.is(cli('check', join(dir, 'none.click')).status, EXIT.failed)
  t.regex(cli('check', join(dir, 'none.click')).stderr, /none.click: no such file/)
  t.regex(cli('check', join(dir, 'none.yaml')).stderr, /none.yaml: no such file/)
  t.is(cli('deploy', join(dir, 'none.yaml')).status, EXIT.failed)
})

test.serial('a run directory with too long a name is refused', (t) => {
  const long = cli('--dir', `/tmp/${'x'.repeat(120)}`, 'coordinator')
  t.is(long.status, EXIT.failed)
  t.regex(long.stderr, /LIMIT/)
})

test.serial('what cannot be started in full ends, and leaves no socket', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  for (const command of ['coordinator', 'agent']) {
    const { status, stderr } = cli(command, '--metrics', String(port))
    t.is(status, EXIT.failed, command)
    t.regex(stderr, /EADDRINUSE/)
  }
  t.deepEqual(
    readdirSync(join(dir, 'run'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.sock$|\.lock$/.test(name),
    ),
    [],
  )
  await new Promise((resolve) => server.close(resolve))
})

test('exit statuses of error codes', (t) => {
  t.is(exitCode('UNREACHABLE'), 3)
  t.is(exitCode('INCOMPATIBLE'), 4)
  t.is(exitCode('CONFIG'), 1)
})

test('status as text', (t) => {
  const status: Status = {
    coordinator: { pid: 1, metricsPort: 9601 },
    agents: [
      { host: 'a', pid: 7, alive: true, metricsPort: null },
      { host: 'b', pid: 8, alive: false, metricsPort: null },
    ],
    services: [
      {
        service: 'nat',
        state: 'degraded',
        host: 'a',
        version: 'aaaa',
        previous: 'bbbb',
        versions: ['bbbb', 'aaaa'],
        owner: 'nat.2',
        epoch: 5,
        driver: 'udp',
        reason: 'asked for',
        fault: "interface 'in0' is gone",
        buckets: 64,
        ports: settings('nat').ports,
        replicas: [
          {
            replica: 'nat.2',
            service: 'nat',
            version: 'aaaa',
            state: 'ready',
            pid: 99,
            readyMs: 120.4,
            schemas: [],
            metricsPort: null,
            beat: { replica: 'nat.2', turns: 1, rxPackets: 10, txPackets: 9, flows: 3 },
          },
        ],
        change: null,
        events: [{ time: '2026-01-02T03:04:05.000Z', event: 'started', text: 'nat.2 runs' }],
      },
    ],
  }
  t.deepEqual(statusText(status), [
    'coordinator: process 1, metrics at 127.0.0.1:9601',
    'agent a: process 7',
    'agent b: away',
    '',
    'service nat: degraded, version aaaa, epoch 5',
    '  driver udp (asked for), 64 buckets, inside=in0 outside=out0',
    "  FAULT: interface 'in0' is gone",
    '  rollback goes to bbbb',
    '  replica  version         state  pid  ready in  flows  rx  tx',
    '  nat.2    aaaa     owner  ready  99   120 ms    3      10  9',
    '  03:04:05 started: nat.2 runs',
  ])
})

const CHAIN =
  'src :: InfiniteSource -> cl :: Classifier(12/0800, -) -> c :: Counter -> Discard; cl[1] -> Discard;'

test.serial('compile prints the generated functions, each call with its element', (t) => {
  const config = file('chain.click', CHAIN)
  const { status, stdout } = cli('compile', config)
  t.is(status, EXIT.ok)
  t.regex(stdout, /^\/\/ 5 elements, 4 connections, \d+ functions\./)
  t.regex(stdout, /= function \(p\) \{.*\n(?:.*\n)*?.*\/\/ c :: Counter/)
  t.regex(stdout, /\/\/ Made for cl :: Classifier\nfunction \(self, p, port\)/)
  const json = JSON.parse(cli('compile', config, '--json').stdout)
  t.true(json.functions.some((f: { elements: string[] }) => f.elements.includes('cl')))
  t.is(json.special[0].element, 'cl')
})

test.serial('compile of a wrong configuration says what is wrong', (t) => {
  const { status, stderr } = cli('compile', file('wrong.click', 'Idle -> Nothing;'))
  t.is(status, EXIT.failed)
  t.regex(stderr, /wrong\.click:1: undeclared element 'Nothing'/)
})

test.serial('doc shows an element, suggests names, and lists all', (t) => {
  const { stdout } = cli('doc', 'Queue')
  t.regex(stdout, /^NAME\n {7}Queue - holds packets/)
  t.regex(stdout, /\nHANDLERS\n {7}length \(read-only\)\n {11}Returns/)
  const unknown = cli('doc', 'Queu')
  t.is(unknown.status, EXIT.failed)
  t.regex(unknown.stderr, /no element class 'Queu'.*\n {2}hint: perhaps Queue,/)
  t.regex(cli('doc').stdout, /\nPacket storage\n(?: {2}.*\n)* {2}Queue +holds packets/)
  t.like(JSON.parse(cli('doc', 'Queue', '--json').stdout), { name: 'Queue', group: 'standard' })
})
