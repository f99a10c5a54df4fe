// Failpoints: parsing, and each effect in a process of its own.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { FAILPOINTS, parseFailpoints } from '../../../lib/failpoint.ts'

const MODULE = new URL('../../../lib/failpoint.js', import.meta.url).href

function child(value: string | undefined, code: string) {
  const env = { ...process.env }
  delete env.CLICK_UP_FAILPOINTS
  if (value !== undefined) env.CLICK_UP_FAILPOINTS = value
  const script = `import * as f from ${JSON.stringify(MODULE)}; ${code}; console.log('on')`
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  })
}

test('names are unique and well-formed', (t) => {
  t.is(new Set(FAILPOINTS).size, FAILPOINTS.length)
  for (const name of FAILPOINTS)
    t.regex(
      name,
      /^(move\.(conductor|source|target)|agent|in_place\.(coordinator|replica))\.(answered|(before|journalled|after)(_[a-z_]+)?)$/,
    )
})

test('unset: null, and nothing happens', (t) => {
  t.is(parseFailpoints(undefined), null)
  t.is(parseFailpoints(' '), null)
  t.is(child(undefined, "f.failpoint('agent.before_swap')").stdout, 'on\n')
})

test('several of a list', (t) => {
  const armed = parseFailpoints('agent.before_swap=crash, agent.after_swap=sleep(20)')
  t.deepEqual(armed?.get('agent.before_swap'), { kind: 'crash' })
  t.deepEqual(armed?.get('agent.after_swap'), { kind: 'sleep', ms: 20 })
})

for (const bad of ['agent.nowhere=crash', 'agent.before_swap', 'agent.before_swap=explode'])
  test(`refused: ${bad}`, (t) => {
    const error = t.throws(() => parseFailpoints(bad), { message: /no failpoint/ })
    t.true(error?.message.includes(bad))
  })

test('crash is a SIGKILL', (t) => {
  const { signal, stdout } = child(
    'agent.before_swap=crash',
    "f.failpoint('agent.after_swap'); f.failpoint('agent.before_swap')",
  )
  t.is(signal, 'SIGKILL')
  t.is(stdout, '')
})

test('error throws, with the name', (t) => {
  const { status, stderr } = child('agent.before_swap=error', "f.failpoint('agent.before_swap')")
  t.is(status, 1)
  t.regex(stderr, /failpoint agent\.before_swap/)
})

test('sleep blocks, or does not', (t) => {
  const code = `
    let ticks = 0; const i = setInterval(() => { ticks += 1 }, 1);
    f.failpoint('agent.before_swap'); const blocked = ticks;
    await f.failpointAsync('agent.before_swap'); clearInterval(i);
    console.log(blocked, ticks > 0)`
  t.is(child('agent.before_swap=sleep(50)', code).stdout, '0 true\non\n')
})

test('failpointAt makes the name from the step', (t) => {
  const at = "f.failpointAt('move.source', 'after', 'drained')"
  t.is(child('move.source.after_drained=crash', at).signal, 'SIGKILL')
  t.is(child('move.source.before_drained=crash', at).stdout, 'on\n')
})

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** Members of a union of literals in a source. */
function union(path: string, type: string): string[] {
  const text = new RegExp(`type ${type} =((?:\\s*\\|?\\s*'[a-z]+'(?:\\s*//.*)?)+)`).exec(read(path))
  return [...(text?.[1] ?? '').matchAll(/'([a-z]+)'/g)].map((m) => m[1]!)
}

/** What `failpointAt(prefix, …, phase)` may be called with where the phase is a variable. */
const PHASES: Readonly<Record<string, readonly string[]>> = {
  'move.conductor': ['begin', ...union('lib/move/events.ts', 'Step')],
  'move.source': union('lib/move/source-state.ts', 'SourcePhase'),
  'move.target': union('lib/move/target-state.ts', 'TargetPhase'),
}

test('every failpoint has a call', (t) => {
  const called = new Set<string>()
  for (const folder of ['coordinator', 'node-agent', 'dataplane'])
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue
      const text = read(join(folder, file))
      for (const [, name] of text.matchAll(/failpoint(?:Async)?\('([a-z_.]+)'\)/g))
        called.add(name!)
      const at = /failpointAt\('([a-z.]+)', '([a-z]+)', (?:'([a-z_]+)'|[a-z.]+)\)/g
      for (const [, prefix, when, phase] of text.matchAll(at))
        for (const one of phase === undefined ? PHASES[prefix!]! : [phase])
          called.add(`${prefix}.${when}_${one}`)
    }
  t.deepEqual(
    FAILPOINTS.filter((name) => !called.has(name)),
    [],
  )
})
