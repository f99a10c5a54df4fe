// Folders and npm packages that a service's elements come from, and who wins a name.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import type { SourceClass } from '../../../lib/element-sources.ts'
import { chooseClasses, fileLabel, findElementSources } from '../../../lib/element-sources.ts'

const root = mkdtempSync(join(tmpdir(), 'cu-src-'))
test.after.always(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: unknown = 'export {}'): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), typeof text === 'string' ? text : JSON.stringify(text))
}

write('svc/own/B.ts')
write('svc/own/A.js')
write('svc/own/A.test.ts')
write('svc/own/types.d.ts')
write('svc/own/help/h.ts')
write('svc/empty/readme.md')
write('node_modules/extra/package.json', { 'click-up': { elements: './elements' } })
write('node_modules/extra/elements/X.ts')
write('svc/node_modules/two/package.json', { 'click-up': { elements: ['a', 'b/Y.js'] } })
write('svc/node_modules/two/a/Z.js')
write('svc/node_modules/two/b/Y.js')
const exported = { '.': { types: './x.d.ts', import: { default: './lib/main.js' } } }
write('node_modules/@me/exported/package.json', { exports: exported })
write('node_modules/@me/exported/lib/main.js')
write('node_modules/plain/package.json', { main: 'main.cjs' })
write('node_modules/plain/main.cjs')
write('node_modules/hollow/package.json', {})
write('node_modules/broken/package.json', '{')
write('node_modules/barren/package.json', { 'click-up': { elements: './none' } })

const base = join(root, 'svc')

function labels(value: unknown): string[] {
  const { sources, problems } = findElementSources(value, base)
  const files = sources.flatMap((s) => s.files.map((f) => fileLabel(s, f)))
  return [...files, ...problems.map((p) => `${p.path.join('.')}: ${p.message}`)]
}

test('a folder, a package, a list', (t) => {
  t.deepEqual(labels(undefined), [])
  t.deepEqual(labels('./own'), ['A.js', 'B.ts'])
  t.deepEqual(labels('npm:extra'), ['extra/elements/X.ts'])
  t.deepEqual(labels(['./own', { from: 'npm:two', replaces: ['Z'] }]), [
    'A.js',
    'B.ts',
    'two/a/Z.js',
    'two/b/Y.js',
  ])
})

test('a package that does not know of click-up gives its main module', (t) => {
  t.deepEqual(labels('npm:@me/exported'), ['@me/exported/lib/main.js'])
  t.deepEqual(labels('npm:plain'), ['plain/main.cjs'])
})

test('what cannot be found says where it was looked for, all of it', (t) => {
  const words = labels([
    './nowhere',
    './empty',
    'npm:missing',
    'npm:No Name',
    'npm:hollow',
    'npm:broken',
    'npm:barren',
    '',
    7,
    { replaces: 'A' },
    { from: './own', replace: ['A'] },
    { from: './own', replaces: ['no-class'] },
    './own',
    './own',
    { from: './own', 'hidden-state': '' },
    'npm:@me/exported@1.2.3',
  ]).map((line) => line.replaceAll(root, '.'))
  // The parser's own words differ between versions of Node.
  const broken = words.findIndex((line) => line.startsWith('5:'))
  t.regex(words.splice(broken, 1)[0]!, /^5: npm:broken: .*package\.json cannot be read: /)
  t.deepEqual(words, [
    'A.js',
    'B.ts',
    '0: ./nowhere: no such folder: ./svc/nowhere',
    '1: ./empty: has no *.ts or *.js file',
    '2: npm:missing: not found in node_modules of ./svc or above: npm install missing',
    "3: 'npm:No Name': 'No Name' is not the name of an npm package",
    '4: npm:hollow: its package.json names index.js: no such file',
    '6: npm:barren: its package.json names ./none: no such file',
    "7: '' is not a folder, 'npm:<package>', or { from: …, replaces: [Class] }",
    "8: 7 is not a folder, 'npm:<package>', or { from: …, replaces: [Class] }",
    "9: 'from' is missing: a folder, 'npm:<package>', or { from: …, replaces: [Class] }",
    "10: unknown key 'replace'; known: from, replaces, hidden-state",
    '11: replaces: "no-class" is not an element class',
    '13: ./own: is there twice',
    '14: hidden-state: "" is not a reason',
    "15: 'npm:@me/exported@1.2.3': '@me/exported@1.2.3' is not the name of an npm package: 'npm:@me/exported', whose version node_modules has",
  ])
})

/** Classes by source, as 'from: names'. */
function choice(value: unknown, classes: Record<string, string[]>, builtIn: string[] = []) {
  const { sources, problems } = findElementSources(value, base)
  if (problems.length > 0) throw new Error('the sources of this test are not found')
  const found: SourceClass[] = sources.flatMap((source) =>
    (classes[source.from] ?? []).map((name) => ({ name, source, file: source.files[0]! })),
  )
  const one = sources.map((s) => ({ ...s, files: s.files.slice(0, 1) }))
  const same = found.map((c) => ({ ...c, source: one[sources.indexOf(c.source)]! }))
  const result = chooseClasses(one, same, (name) => builtIn.includes(name))
  return [
    ...[...result.chosen.values()].map((c) => `${c.name}: ${c.source.from}`),
    ...result.problems,
  ]
}

test("a folder's class wins over a built-in one; a package's has to be said to", (t) => {
  t.deepEqual(choice('./own', { './own': ['Counter'] }, ['Counter']), ['Counter: ./own'])
  t.deepEqual(choice('npm:extra', { 'npm:extra': ['New'] }, ['Counter']), ['New: npm:extra'])
  t.deepEqual(choice('npm:extra', { 'npm:extra': ['Counter'] }, ['Counter']), [
    "Counter of npm:extra (X.ts) is also built in: if it is meant to win, { from: 'npm:extra', replaces: [Counter] }",
  ])
  const said = { from: 'npm:extra', replaces: ['Counter'] }
  t.deepEqual(choice(said, { 'npm:extra': ['Counter'] }, ['Counter']), ['Counter: npm:extra'])
})

test('of two sources with one name, the file says which', (t) => {
  const both = { './own': ['C'], 'npm:extra': ['C'] }
  t.deepEqual(choice(['./own', 'npm:extra'], both), [
    "C is in ./own (A.js) and in npm:extra (X.ts): say which one is meant, { from: './own', replaces: [C] }",
  ])
  const second = { from: 'npm:extra', replaces: 'C' }
  t.deepEqual(choice(['./own', second], both), ['C: npm:extra'])
  t.deepEqual(choice([{ from: './own', replaces: 'C' }, second], both), [
    'C: both ./own (A.js) and npm:extra (X.ts) say that they replace it',
  ])
})

test('promises that are not kept', (t) => {
  t.deepEqual(choice(['./own', 'npm:extra'], { 'npm:extra': ['D'] }), [
    'D: npm:extra',
    'A.js: exports no element',
  ])
  t.deepEqual(choice({ from: 'npm:extra', replaces: 'E' }, { 'npm:extra': ['D'] }), [
    'D: npm:extra',
    'npm:extra: replaces E, but exports no element of that name',
  ])
  t.deepEqual(choice('./own', { './own': ['D', 'D'] }), [
    './own (A.js) and ./own (A.js): two elements of the name D in one source',
  ])
})
