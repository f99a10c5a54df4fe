// Artifacts: named by content, elements bundled with the API they import, everything wrong named.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { AnyElement } from '../../../dataplane/element.ts'
import { storeArtifact } from '../../../lib/artifact.ts'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import { loadArtifact } from '../../../lib/artifact-load.ts'
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
