// The check for hidden state: bad elements with what it says, good ones that it lets pass, marks,
// helper files, and all of our own elements.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import fc from 'fast-check'
import { checkHiddenState, findHiddenState } from '../../../lib/hidden-state.ts'
import { BAD } from './hidden-state-bad.ts'
import { GOOD } from './hidden-state-good.ts'
import { SAYS } from './hidden-state-says.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

for (const { name, code } of BAD)
  test(`bad: ${name}`, (t) => {
    const found = findHiddenState('Bad.ts', code)
    t.deepEqual(
      found.map(
        ({ where, message }) => `${where.replace('Bad.ts:', '')} ${message.split('\n')[0]}`,
      ),
      SAYS[name] as string[],
    )
  })

test('every bad case says what, and no text is left over', (t) => {
  t.deepEqual(Object.keys(SAYS).sort(), BAD.map((c) => c.name).sort())
})

for (const { name, code } of GOOD)
  test(`good: ${name}`, (t) => t.deepEqual(findHiddenState('Good.ts', code), []))

test('each message ends with what to write instead', (t) => {
  const advice = (code: string) => findHiddenState('x.ts', code)[0]?.message.split('\n').slice(1)
  t.deepEqual(advice('let seen = 0\nexport const f = () => { seen++ }'), [
    'write instead:',
    "  counters: { seen: 'what it counts' }",
    '  and use  self.counters.seen += 1',
  ])
  t.deepEqual(advice('const flows = new Map()\nexport const f = (k) => flows.set(k, 1)'), [
    'write instead, if a packet depends on it:',
    "  state: { flows: table({ version: 1, scope: 'flow', key: { src: 'i32' }, row: { packets: 'f64' }, capacity: 65_536 }) }",
    '  and use  self.state.flows.get(src) ?? self.state.flows.insert(p.bucket, src)',
  ])
  for (const { code } of BAD)
    for (const { message } of findHiddenState('x.ts', code))
      t.regex(message, /write (instead|const)|leave out|self\.|hidden-state:|Unexpected/)
})

function inFolder(files: Record<string, string>, use: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'cu-hs-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    use(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test('helper files are checked with the element, once, and marks are listed', (t) => {
  const files = {
    'A.ts': "import { note } from './help.ts'\nexport const a = () => note(1)\n",
    'B.ts': "import { note } from './help.js'\nexport const b = () => note(2)\n",
    'help.ts':
      "import { area } from './deep'\nconst log: number[] = []\nexport const note = (n: number) => log.push(n) + area\n",
    'deep.ts':
      '// hidden-state: scratch, written\n// before it is read\nlet n = 0\nexport const area = 1\nexport const f = () => n++\n',
  }
  inFolder(files, (dir) => {
    const result = checkHiddenState([join(dir, 'A.ts'), join(dir, 'B.ts')], (f) => basename(f))
    t.deepEqual(
      result.findings.map((f) => f.where),
      ['help.ts:2:7'],
    )
    t.deepEqual(result.excused, [
      { where: 'deep.ts:1:1', reason: 'scratch, written before it is read' },
    ])
    t.deepEqual(result.files.map((f) => basename(f)).sort(), Object.keys(files).sort())
    const isOurs = (f: string) => basename(f) === 'help.ts'
    t.deepEqual(checkHiddenState([join(dir, 'A.ts')], basename, isOurs).findings, [])
  })
})

test('a value is followed into what is imported', (t) => {
  const files = {
    'A.ts': `import take, { fill as put, Cache, look } from './lib.ts'
const area = new Uint8Array(9)
const lists: number[][] = []
const cache = new Cache()
const fixed = new Cache()
export const a = (n: number) => { put(n, area); take(lists); cache.note(n) }
export const b = (n: number) => look(area) + fixed.has(n)
`,
    'lib.ts': `function fill(n: number, into: Uint8Array) { into[0] = n }
export { fill }
export default (list: number[][]) => { const [first] = list; first?.push(1) }
export const look = (area: Uint8Array) => area[0]!
export class Cache { #last = 0; note(n: number) { this.#last = n } has(n: number) { return this.#last === n ? 1 : 0 } }
`,
  }
  inFolder(files, (dir) => {
    const { findings } = checkHiddenState([join(dir, 'A.ts')], (f) => basename(f))
    t.deepEqual(
      findings.map((f) => f.message.split(' (')[0] + f.where),
      [
        "'area', a typed array",
        "'lists', an array of the module, is changed later on",
        "'cache', an instance of Cache of the module, is changed later on",
      ].map((text, i) => `${text}A.ts:${i + 2}:7`),
    )
  })
})

test('files whose functions call each other', (t) => {
  const files = {
    'a.ts':
      "import { b } from './b.ts'\nexport function a(l: number[]) { b(l) }\nconst L = [1]\nexport const f = () => a(L)\n",
    'b.ts':
      "import { a } from './a.ts'\nexport function b(l: number[]) { if (l.length < 9) { l.push(1); a(l) } }\n",
  }
  inFolder(files, (dir) => {
    const { findings } = checkHiddenState([join(dir, 'a.ts')], (f) => basename(f))
    t.deepEqual(
      findings.map((f) => f.where),
      ['a.ts:3:7'],
    )
  })
})

test('a file that is not there is a finding', (t) => {
  const [found] = checkHiddenState(['/no/such/File.ts'], () => 'File.ts').findings
  t.is(found?.where, 'File.ts')
})

test('our own elements have none that does not say why', (t) => {
  const files = readdirSync(join(ROOT, 'elements'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, 'elements', name))
  const label = (file: string) => file.slice(ROOT.length)
  const isOurs = (file: string) => !label(file).startsWith('elements/')
  const { findings, excused } = checkHiddenState(files, label, isOurs)
  t.deepEqual(findings, [])
  t.true(excused.length > 0)
  for (const { reason } of excused) t.true(reason.length > 10, reason)
})

test('any code can be checked: all of the project ends with findings, not exceptions', (t) => {
  const files = ['dataplane', 'lib', 'coordinator', 'node-agent'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, folder, name)),
  )
  const { findings } = checkHiddenState(files)
  t.true(findings.some((f) => f.where.includes('lib/runtime.ts')))
})

test('whatever is cut out of a source, the check gives findings, not exceptions', (t) => {
  const text = readFileSync(join(ROOT, 'elements/lib/script-run.ts'), 'utf8')
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(200), (from, length) => {
      findHiddenState('x.ts', text.slice(0, from) + text.slice(from + length))
    }),
    { numRuns: 30 },
  )
  t.pass()
})
