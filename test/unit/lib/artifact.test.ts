// Artifacts: named by content, elements bundled with the API they import, everything wrong named.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { AnyElement } from '../../../dataplane/element.ts'
import { codePath, encodeArtifact, storeArtifact, versionOf } from '../../../lib/artifact.ts'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import { accelerated, keepCodeCache, loadArtifact } from '../../../lib/artifact-load.ts'
import type { ClickUpError } from '../../../lib/errors.ts'

const ELEMENT = `import { arg, element } from '../../../../dataplane/element.ts'
import { table } from 'click-up/dataplane/declare.ts'
import { twice } from './help/twice.ts'
export default element({
  name: 'Doubler',
  ports: '1/1',
  config: { N: arg.count(twice(4)).at() },
  state: { seen: table({ version: 1, scope: 'flow', key: { a: 'u32' }, row: { n: 'f64' }, capacity: 9 }) },
  action: (_self, p) => p,
})
`
const HELP = 'export const twice = (n: number): number => n * 2\n'

function folder(t: { teardown(fn: () => void): void }, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'cu-art-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'help'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  return dir
}

const USED = 'Idle -> Doubler -> Discard;'

const source = (elements: string | null, config = 'Idle -> Discard;') => ({
  config,
  configName: 'x.click',
  elements,
  defines: { B: '2', A: '1' },
})

test('elements are bundled, loaded and used', async (t) => {
  const dir = folder(t, { 'Doubler.ts': ELEMENT, 'help/twice.ts': HELP, 'Doubler.test.ts': '!' })
  const artifact = await buildArtifact(source(dir, USED))
  const path = storeArtifact(join(dir, 'cache'), artifact)
  t.is(storeArtifact(join(dir, 'cache'), artifact), path)
  const loaded = await loadArtifact<AnyElement>(path)
  t.is(loaded.version, artifact.version)
  t.is(loaded.config, USED)
  t.deepEqual(loaded.defines, { A: '1', B: '2' })
  t.deepEqual(loaded.classes.map((c) => c.name).sort(), ['Discard', 'Doubler', 'Idle'])
  const spec = loaded.classes.find((c) => c.name === 'Doubler')
  t.is((spec!.config as { N: { default: number } }).N.default, 8)
  t.true(Object.isFrozen(spec))
})

test('the same files make the same version, wherever they are; others another', async (t) => {
  const files = { 'Doubler.ts': ELEMENT, 'help/twice.ts': HELP }
  const one = await buildArtifact(source(folder(t, files), USED))
  const two = await buildArtifact(source(folder(t, files), USED))
  t.is(one.version, two.version)
  t.regex(one.version, /^[0-9a-f]{12}$/)
  const changed = folder(t, { ...files, 'help/twice.ts': HELP.replace('2', '3') })
  t.not((await buildArtifact(source(changed, USED))).version, one.version)
  t.not((await buildArtifact(source(null))).version, one.version)
  t.not(
    (await buildArtifact(source(null, 'Idle;'))).version,
    (await buildArtifact(source(null))).version,
  )
})

const wrong = async (t: { teardown(fn: () => void): void }, files: Record<string, string>) => {
  const dir = folder(t, files)
  try {
    await loadArtifact(storeArtifact(join(dir, 'cache'), await buildArtifact(source(dir))))
  } catch (cause) {
    return cause as ClickUpError
  }
  throw new Error('was expected to fail')
}

test('what cannot be bundled or loaded is named, all of it', async (t) => {
  const syntax = await wrong(t, {
    'A.ts': 'export default {{\n',
    'B.ts': "import './nowhere.ts'\n",
  })
  t.is(syntax.code, 'ARTIFACT')
  t.deepEqual(syntax.findings.map((f) => f.where).sort(), ['A.ts:1', 'B.ts:1'])
  const none = await wrong(t, { 'A.ts': 'export const x = 1\n', 'B.ts': 'export const y = 2\n' })
  t.deepEqual(
    none.findings.map((f) => f.where),
    ['A.ts', 'B.ts'],
  )
  t.is((await wrong(t, { 'A.ts': 'throw new Error("at load")' })).code, 'ARTIFACT')
  const empty = await wrong(t, {})
  t.regex(empty.message, /no \*\.ts/)
  const spec = "export default { name: 'X', ports: '1/1', config: {} }\n"
  const twice = await wrong(t, { 'A.ts': spec, 'B.ts': spec })
  t.regex(twice.findings[0]?.message ?? '', /two elements of the name X/)
})

test('bytes that are not an artifact, or not this one, are refused', async (t) => {
  const dir = folder(t, {})
  const { bytes } = await buildArtifact(source(null))
  t.throws(() => storeArtifact(dir, { version: '0123456789ab', bytes }), { message: /not its own/ })
  for (const text of ['', '{', 'null', '{"format":9}', '[]']) {
    writeFileSync(join(dir, 'a.json'), text)
    const error = (await t.throwsAsync(loadArtifact(join(dir, 'a.json')))) as ClickUpError
    t.is(error.code, 'ARTIFACT')
  }
  const missing = (await t.throwsAsync(loadArtifact(join(dir, 'none.json')))) as ClickUpError
  t.regex(missing.message, /ENOENT/)
})

test('exactly what the configuration uses is in it, with who asked for it', async (t) => {
  const dir = folder(t, { 'Doubler.ts': ELEMENT, 'help/twice.ts': HELP })
  const config = `elementclass Inner { input -> n :: Null -> output }
    elementclass Unused { input -> Print -> output }
    i :: Idle -> Inner -> Discard; Idle -> rw :: IPRewriter(drop) -> Discard`
  const built = await buildArtifact(source(dir, config))
  const classes = built.modules.filter((m) => m.className !== null)
  t.deepEqual(classes.map((m) => m.className).sort(), ['Discard', 'IPRewriter', 'Idle', 'Null'])
  t.deepEqual(built.unused, ['Doubler'])
  t.true(classes.find((m) => m.className === 'Null')!.askedBy[0]!.endsWith('/n'))
  // What an element imports comes along, and what that imports; of the runtime, nothing does.
  const helper = built.modules.find((m) => m.path === 'elements/lib/rewriter-map.js')
  t.true(helper!.askedBy.every((path) => path.startsWith('elements/')))
  t.true(built.modules.every((m) => m.path.startsWith('elements/')))
  t.true(built.takes['dataplane/element.js']!.includes('element'))
})

test('a code cache comes along, is used where it fits, and is not part of the version', async (t) => {
  const dir = folder(t, { 'Doubler.ts': ELEMENT, 'help/twice.ts': HELP })
  const built = await buildArtifact(source(dir, USED))
  const plain = await loadArtifact(storeArtifact(join(dir, 'plain'), built))
  t.false(plain.cached)
  const fast = accelerated(built, plain)
  t.is(versionOf(fast.bytes), built.version)
  t.true(fast.bytes.length > built.bytes.length)
  t.true((await loadArtifact(storeArtifact(join(dir, 'fast'), fast))).cached)
  const damaged = Uint8Array.from(fast.bytes)
  damaged[damaged.length - 100]! ^= 1
  const version = { version: built.version, bytes: damaged }
  t.false((await loadArtifact(storeArtifact(join(dir, 'damaged'), version))).cached)
  // One of another V8 under our tag: V8 itself refuses it.
  const path = storeArtifact(join(dir, 'foreign'), built)
  const { tag } = plain.codeCache()
  keepCodeCache(path, { tag, data: new Uint8Array(1000) })
  const foreign = await loadArtifact<AnyElement>(path)
  t.false(foreign.cached)
  t.true(foreign.classes.some((c) => c.name === 'Doubler'))
})

test('a version that takes what this runtime lacks says all of that, and with what it was built', async (t) => {
  const dir = folder(t, {})
  const takes = { 'dataplane/nowhere.js': ['x'], 'dataplane/element.js': ['element', 'gone'] }
  const elements = 'exports.modules = []'
  const shared = { runtime: 'abcdef', config: '', configName: 'x', defines: {}, elements }
  const path = storeArtifact(dir, encodeArtifact({ ...shared, takes }))
  const error = (await t.throwsAsync(loadArtifact(path))) as ClickUpError
  t.is(error.code, 'ARTIFACT')
  t.regex(error.message, /built with runtime abcdef/)
  t.deepEqual(error.findings, [
    { where: 'dataplane/nowhere.js', message: 'this release has no such module' },
    { where: 'dataplane/element.js', message: "this release has no 'gone' in it" },
  ])
})

test('code from a cache cannot import while it runs, so what an element imports then is required', async (t) => {
  const text = `${ELEMENT}export const later = () => import('node:os')\n`
  const dir = folder(t, { 'Doubler.ts': text, 'help/twice.ts': HELP })
  const path = storeArtifact(join(dir, 'cache'), await buildArtifact(source(dir, USED)))
  t.notRegex(readFileSync(codePath(path), 'utf8'), /\bimport\(/)
})
