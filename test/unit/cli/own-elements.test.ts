// `click --elements`: an author's classes from folders and packages, and what is said where they cannot
// be used.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const START = fileURLToPath(new URL('../../../deploy/start.cjs', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'cu-own-'))
test.after.always(() => rmSync(dir, { recursive: true, force: true }))

function write(name: string, text: string): void {
  const path = join(dir, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const element = (name: string, says: string, action = 'return p') => `
import { element } from 'click-up/dataplane/element.ts'
export default element({ name: '${name}', ports: '1/1', config: {}, counters: { seen: 'packets' },
  action(self, p) { self.counters.seen += 1; ${action} },
  handlers: { says: { read: () => '${says}' } } })
`
write('own/Mine.ts', element('Mine', 'mine'))
write('own/Null.ts', element('Null', 'my Null'))
write('wrong/Wrong.ts', element('Wrong', '', 'self.counters.sen += 1; return p'))
write('hidden/Hidden.ts', element('Hidden', '', 'self.last = p; return p'))
write('node_modules/extra/package.json', '{ "main": "all.js" }')
write(
  'node_modules/extra/all.js',
  `${element('A', 'A of extra')}
export const Counter = element({ name: 'Counter', ports: '1/1', config: {}, action: (_self, p) => p })
`,
)

function click(elements: readonly string[], config: string) {
  const options = elements.flatMap((source) => ['--elements', source])
  const args = [START, ...options, '-e', config]
  return spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8', timeout: 30_000 })
}

const through = (name: string) =>
  `InfiniteSource(LIMIT 3) -> x :: ${name} -> Discard;
   DriverManager(wait 0.01s, print "$(x.says) $(x.seen)", stop)`

test('a folder; its class wins over a built-in one', (t) => {
  t.is(click(['./own'], through('Mine')).stdout, 'mine 3\n')
  t.is(click(['own'], through('Null')).stdout, 'my Null 3\n')
})

test('a package, whose classes do not win over built-in ones', (t) => {
  const { stderr, status } = click(['own', 'npm:extra'], through('A'))
  t.is(status, 1)
  t.regex(stderr, /Counter of npm:extra \(all.js\) is also built in: if it is meant to win/)
})

test('what cannot be used is said, and nothing runs', (t) => {
  const missing = click(['./no', 'npm:none'], 'Idle -> Discard')
  t.is(missing.status, 1)
  t.regex(missing.stderr, /--elements: \.\/no: no such folder/)
  t.regex(missing.stderr, /--elements: npm:none: not found in node_modules/)
  const hidden = click(['./hidden'], through('Hidden'))
  t.is(hidden.status, 1)
  t.regex(hidden.stderr, /Hidden.ts:4:46: 'last' is put on self/)
})

test('own code is strict, as modules are: what is not declared cannot be counted', (t) => {
  const { status, stderr } = click(['./wrong'], through('Wrong'))
  t.not(status, 0)
  t.regex(stderr, /Cannot add property sen, object is not extensible/)
})
