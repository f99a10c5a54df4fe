// click-up check of element files and of services with elements of their own: hidden state is
// refused wherever it is, and excuses are listed.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { EXIT } from '../../../cli/exit.ts'

const MAIN = fileURLToPath(new URL('../../../cli/main.js', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'cu-chk-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const path = join(dir, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const check = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, 'check', ...args], { encoding: 'utf8' })

const element = (name: string, before = '', action = 'return p') => `${before}
import { element } from 'click-up/dataplane/element.ts'
export default element({ name: '${name}', ports: '1/1', config: {}, action(self, p) { ${action} } })
`

const service = (elements: string, config: string) => `service: x
elements: ${elements}
config: |
  FromDevice(a) -> ${config} -> ToDevice(a)
ports: { a: { interface: e0 } }
`

write('good/Good.ts', element('Good'))
write(
  'bad/Bad.ts',
  element('Bad', "import { note } from './help/note.ts'", 'note(p.dst); return p'),
)
write(
  'bad/help/note.ts',
  'const seen = new Set<number>()\nexport const note = (n: number) => seen.add(n)\n',
)
write(
  'said/Said.ts',
  element('Said', 'let n = 0 // hidden-state: for the log alone', 'n++; return p'),
)
write('node_modules/extra/package.json', '{ "click-up": { "elements": "./e" } }')
write('node_modules/extra/e/Extra.js', element('Extra'))
write('node_modules/wild/package.json', '{ "main": "wild.js" }')
write('node_modules/wild/wild.js', element('Wild', 'let last = 0', 'last = p.dst; return p'))

test('an element file', (t) => {
  const good = check(join(dir, 'good/Good.ts'))
  t.is(good.status, EXIT.ok, good.stderr)
  t.regex(good.stdout, /Good.ts: one file, undeclared state: none/)
  const bad = check(join(dir, 'bad/Bad.ts'))
  t.is(bad.status, EXIT.failed)
  t.regex(
    bad.stderr,
    /Bad.ts: hidden state in one place \[HIDDEN_STATE\]\n {2}help\/note.ts:1:7: 'seen'/,
  )
  t.regex(check(join(dir, 'none.ts')).stderr, /none.ts: no such file \[NOT_FOUND\]/)
})

test('a service with a folder and a package', (t) => {
  const file = write('ok.yaml', service("[./good, 'npm:extra']", 'Good -> Extra'))
  const good = check(file)
  t.is(good.status, EXIT.ok, good.stderr)
  t.regex(good.stdout, /no errors; 4 elements/)
})

test('hidden state in a folder or a package refuses the service, before anything else', (t) => {
  const bad = check('--json', write('bad.yaml', service("[./bad, 'npm:wild']", 'Bad -> Nonesuch')))
  t.is(bad.status, EXIT.failed)
  const error = JSON.parse(bad.stdout) as { code: string; findings: { where: string }[] }
  t.is(error.code, 'HIDDEN_STATE')
  t.deepEqual(
    error.findings.map((f) => f.where),
    ['help/note.ts:1:7', 'wild/wild.js:1:5'],
  )
})

test('--hidden-state lists what excuses itself', (t) => {
  const file = write('said.yaml', service('./said', 'Said'))
  t.is(check(file).status, EXIT.ok)
  const { stdout } = check('--hidden-state', file)
  t.is(stdout.split('\n')[0], 'Said.ts:1:11: for the log alone')
  t.regex(stdout, /one file, undeclared state: 1 with a reason/)
  const json = JSON.parse(check('--hidden-state', '--json', file).stdout) as { excused: unknown }
  t.deepEqual(json.excused, [{ where: 'Said.ts:1:11', reason: 'for the log alone' }])
})

test('the service file may answer for a package that cannot', (t) => {
  const packages = "[./good, { from: 'npm:wild', hidden-state: 'kept for a log' }]"
  const file = write('wild.yaml', service(packages, 'Good -> Wild'))
  const good = check(file)
  t.is(good.status, EXIT.ok, good.stderr)
  t.regex(check('--hidden-state', file).stdout, /^wild\/wild.js:1:5: kept for a log\n/)
})

test('--hidden-state without a file is about the built-in elements', (t) => {
  const ours = check('--hidden-state')
  t.is(ours.status, EXIT.ok, ours.stderr)
  t.regex(ours.stdout, /the built-in elements: \d\d\d files, undeclared state: \d+ with a reason/)
  t.is(check().status, EXIT.usage)
})
