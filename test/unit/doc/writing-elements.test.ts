// doc/writing-elements.md: its examples compile, run, are tested and upgraded as it says, and the check
// says what it says.

import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { AnyElement } from '../../../dataplane/element.ts'
import { planTransfer } from '../../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../../dataplane/state-target.ts'
import { loadSources } from '../../../lib/artifact-build.ts'
import { findElementSources } from '../../../lib/element-sources.ts'
import { findHiddenState } from '../../../lib/hidden-state.ts'
import { ipPacket } from '../elements/ip/packets.ts'
import { Lab } from '../elements/lab.ts'
import { BAD } from '../lib/hidden-state-bad.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const DOC = readFileSync(join(ROOT, 'doc/writing-elements.md'), 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'cu-doc-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

/** Fenced blocks by what stands behind their language: `file=…`, `change=…`. */
const blocks = new Map<string, string>()
for (const [, info, text] of DOC.matchAll(/^```\w+ (\w+=\S+)\n([\s\S]*?)^```$/gm))
  blocks.set(info!, text!)

function write(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), text)
}
for (const [info, text] of blocks)
  if (info.startsWith('file=')) write(info.slice(5), text.replace('CLICK_UP', ROOT.slice(0, -1)))
// What npm would have put there.
mkdirSync(join(dir, 'node_modules'))
symlinkSync(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'))

/** The example with the change of its second version. */
const first = blocks.get('file=elements/PacketLimit.ts')!
const second = first.replace(/^ {4}sources: table\([\s\S]*?^ {4}\}\),\n/m, () => {
  return blocks.get('change=elements/PacketLimit.ts')!
})
write('v2/PacketLimit.ts', second)

function run(command: string, ...args: string[]) {
  const PATH = `${join(ROOT, 'deploy/click-bin')}:${process.env.PATH}`
  const env = { ...process.env, PATH }
  return spawnSync(command, args, { cwd: dir, encoding: 'utf8', env, timeout: 60_000 })
}
const clickUp = (...args: string[]) => run(join(ROOT, 'bin/click-up'), ...args)

test('the examples are there', (t) => {
  t.is(blocks.size, 9)
  t.not(second, first)
})

test('both versions compile under the configuration that is given', (t) => {
  const config = join(dir, 'tsconfig.json')
  writeFileSync(config, readFileSync(config, 'utf8').replace('["elements"]', '["elements", "v2"]'))
  const { status, stdout } = run(join(ROOT, 'node_modules/.bin/tsc'), '-p', config)
  t.is(status, 0, stdout)
})

test('the check finds nothing, and lists the reason that is given', (t) => {
  const element = clickUp('check', 'elements/PacketLimit.ts')
  t.is(element.status, 0, element.stderr)
  const scratch = clickUp('check', '--hidden-state', 'elements/help/scratch.ts')
  t.regex(scratch.stdout, /^scratch.ts:1:1: scratch, written before it is read, within one call\n/)
})

test('it runs, and its golden test passes, for both versions', (t) => {
  const { status, stdout, stderr } = run('click', '--elements', './elements', 'limit.click')
  t.is(status, 0, stderr)
  const lines = stdout.split('\n').filter((line) => !line.startsWith('!'))
  t.deepEqual(lines, ['10.0.0.1', '10.0.0.1', '10.0.0.2', '2 1', ''])
  const golden = run('clicktest', 'tests')
  t.is(golden.status, 0, golden.stdout)
  const text = readFileSync(join(dir, 'tests/PacketLimit-01.clicktest'), 'utf8')
  write('tests2/PacketLimit-01.clicktest', text.replaceAll('$rundir/elements', '$rundir/v2'))
  t.is(run('clicktest', 'tests2').status, 0)
})

test('its service is right, from the folder and as a package', (t) => {
  const own = clickUp('check', 'service.yaml')
  t.is(own.status, 0, own.stderr)
  t.regex(own.stdout, /service.yaml: no errors; 6 elements/)
  for (const name of ['elements', 'package.json'])
    cpSync(join(dir, name), join(dir, 'node_modules/click-up-limits', name), { recursive: true })
  const text = readFileSync(join(dir, 'service.yaml'), 'utf8')
  write('packaged.yaml', text.replace('./elements', 'npm:click-up-limits'))
  const packaged = clickUp('check', 'packaged.yaml')
  t.is(packaged.status, 0, packaged.stderr)
})

async function labOf(folder: string): Promise<Lab> {
  const { sources } = findElementSources(folder, dir)
  const classes = await loadSources<AnyElement>(sources)
  const config = 'i :: TestIn -> limit :: PacketLimit(LIMIT 3) -> o :: TestOut'
  return await Lab.make(config, { classes, bucketsLog2: 4 })
}

test('version 2 takes the rows of version 1, and back', async (t) => {
  const old = await labOf('elements')
  const next = await labOf('v2')
  for (let n = 0; n < 2; n++) old.send('i', ipPacket({ src: '10.0.0.1' }))
  move(old, next)
  // The address has one packet left.
  for (let n = 0; n < 2; n++) next.send('i', ipPacket({ src: '10.0.0.1' }))
  t.is(next.take().length, 1)
  t.is(next.read('limit.over'), '1')
  const back = await labOf('elements')
  move(next, back)
  back.send('i', ipPacket({ src: '10.0.0.1' }))
  t.is(back.take().length, 0)
})

/** Everything of one, taken by the other. */
function move(from: Lab, to: Lab): void {
  const planned = planTransfer(from.store.schemas(), to.store.schemas())
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings))
  const target = new SnapshotTarget(to.store, planned.plan)
  const all = new Uint8Array(from.store.buckets).fill(1)
  const source = new SnapshotSource(from.store, planned.plan, all)
  for (let c = source.finish(4096); c !== null; c = source.finish(4096)) target.apply(c)
  target.commit()
}

test('the check says what the table of messages has', (t) => {
  const said = BAD.flatMap(({ code }) => findHiddenState('x.ts', code)).map((f) => f.message)
  const [, part = ''] = DOC.split('| it says |')
  const rows = [...part.split('\n\n')[0]!.matchAll(/^\| (?!-)(.+?) \|/gm)]
  const phrases = rows.flatMap(([, cell]) => cell!.split('; '))
  t.true(phrases.length >= 14)
  for (const phrase of phrases)
    t.true(
      said.some((m) => m.includes(phrase)),
      phrase,
    )
})
