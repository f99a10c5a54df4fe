// The changelog states the version of every format that is in force: a version that goes up without
// a word in it fails here.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { CHUNK_FORMAT } from '../../dataplane/chunk.ts'
import { classFiles, loadClasses } from '../../dataplane/classes.ts'
import { STREAM_VERSION } from '../../dataplane/stream-frame.ts'
import { PROTOCOL_MAJOR } from '../../lib/wire/messages.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8')

/** First cell → second cell of all table rows; the newest release comes first and counts. */
const stated = new Map<string, number>()
for (const [, what, version] of read('CHANGELOG.md').matchAll(/^\| (.+?) \| (\d+) \|/gm))
  if (!stated.has(what!)) stated.set(what!, Number(version))

interface Decl {
  readonly kind: string
  readonly scope: string
  readonly version: number
}

const formatIn = (path: string) => Number(/^const FORMAT = (\d+)$/m.exec(read(path))?.[1])

test('the changelog states the formats in force', (t) => {
  const formats: readonly (readonly [string, number])[] = [
    ['messages between processes (PROTOCOL_MAJOR)', PROTOCOL_MAJOR],
    ['artifact of a version', formatIn('lib/artifact.ts')],
    ["coordinator's store", formatIn('coordinator/lmdb.ts')],
    ['frames between replicas (STREAM_VERSION)', STREAM_VERSION],
    ['chunks of rows and packets (CHUNK_FORMAT)', CHUNK_FORMAT],
  ]
  for (const [what, version] of formats) t.is(stated.get(what), version, what)
})

test('the changelog states the version of every state that travels, and of no other', async (t) => {
  const classes = await loadClasses(classFiles().keys())
  const travels: [string, number][] = []
  for (const [name, { state }] of classes)
    for (const [key, decl] of Object.entries((state ?? {}) as Record<string, Decl>))
      if (decl.kind !== 'packets' && decl.scope !== 'local')
        travels.push([`\`${name}.${key}\``, decl.version])
  t.deepEqual(
    new Map([...stated].filter(([what]) => what.startsWith('`')).sort()),
    new Map(travels.sort()),
  )
})

test('the release in package.json has a heading', (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  t.true(read('CHANGELOG.md').includes(`\n## [${version}]`))
})
