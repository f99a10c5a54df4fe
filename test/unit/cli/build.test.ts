// click-up build as a person gives it: the version, what is in it and why, and a file of it.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { artifactFromFile } from '../../../lib/artifact.ts'

const MAIN = fileURLToPath(new URL('../../../cli/main.js', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'cu-build-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

const service = join(dir, 'x.yaml')
writeFileSync(
  service,
  `service: x
config: |
  FromDevice(a) -> c :: Counter -> ToDevice(a)
ports: { a: { interface: e0 } }
`,
)

const build = (...args: string[]) => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, 'build', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout }
}

test('the same version each time, also in a file', (t) => {
  const output = join(dir, 'x.version')
  const first = JSON.parse(build(service, '--json').stdout)
  const second = JSON.parse(build(service, '--json', '--output', output).stdout)
  t.is(second.version, first.version)
  t.is(first.classes, 3)
  t.true(first.modules >= 3 && first.bytes > 1000 && first.cache_bytes > 1000)
  t.is(artifactFromFile(output)?.version, first.version)
  t.is(readFileSync(output).length, second.bytes + second.cache_bytes)
  t.is(artifactFromFile(service), null)
})

test('--explain names each module, its size, and who asked for it', (t) => {
  const { status, stdout } = build(service, '--explain')
  t.is(status, 0)
  t.regex(stdout, /^x: version [0-9a-f]{12}, for runtime [0-9a-f]{12}$/m)
  t.regex(stdout, /^ +\d+ {2}elements\/standard\/Counter.js\n +Counter :: c$/m)
  t.regex(stdout, /^ {2}dataplane\/element.js: .*\belement\b/m)
})

test('what is wrong with the configuration is said, and nothing is written', (t) => {
  const bad = join(dir, 'bad.yaml')
  const text = readFileSync(service, 'utf8').replace('Counter', 'Nonesuch(')
  writeFileSync(bad, text)
  const { status, stdout } = build(bad, '--json', '--output', join(dir, 'bad.version'))
  t.is(status, 1)
  t.is(JSON.parse(stdout).code, 'CONFIG')
  t.is(artifactFromFile(join(dir, 'bad.version')), null)
})
