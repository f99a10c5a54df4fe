// House style as a test: what a reviewer would say each time, with the reason. Rules are about
// sources only; tests may use what they need, but not break the file rules.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SOURCES = ['lib', 'dataplane', 'elements', 'node-agent', 'coordinator', 'cli', 'demo']
const FILE_LINES_MAX = 450

interface Source {
  readonly path: string
  readonly text: string
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      path: join(folder, name),
      text: readFileSync(join(ROOT, folder, name), 'utf8'),
    }))
}

const sources = SOURCES.flatMap(sourcesOf)
const everything = [...sources, ...sourcesOf('test')]

/** Modules that a file imports, as written. */
function importsOf(text: string): string[] {
  const statements = text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'/gm)
  return [...statements].map((m) => m[1] ?? m[2]!)
}

/** What each folder may import from others; its own files always. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  dataplane: ['lib'],
  elements: ['lib', 'dataplane'],
  // Types of the drivers' interface, and mechanism: the addon and the choice of a driver.
  'node-agent': ['lib', 'dataplane'],
  coordinator: ['lib'],
  // `check` and `run` are a dataplane; the long-running commands start their process's main.
  cli: ['lib', 'dataplane', 'coordinator', 'node-agent'],
  demo: ['lib', 'dataplane', 'test/lab'],
}

test('imports go one way', (t) => {
  const wrong: string[] = []
  for (const { path, text } of sources) {
    const folder = path.split('/')[0]!
    for (const module of importsOf(text).filter((m) => m.startsWith('.'))) {
      const target = relative(ROOT, join(ROOT, dirname(path), module))
      const allowed = [folder, ...MAY_IMPORT[folder]!].some((f) => target.startsWith(`${f}/`))
      if (!allowed) wrong.push(`${path} imports ${target}`)
    }
  }
  t.deepEqual(wrong, [])
})

/** Packages that live behind one file, so that they can be replaced or wrapped in one place. */
const ONE_IMPORTER: Readonly<Record<string, string>> = {
  zeromq: 'lib/wire/zeromq.ts',
  msgpackr: 'lib/wire/codec.ts',
  'prom-client': 'lib/metrics.ts',
  yaml: 'lib/service-file.ts',
  lmdb: 'coordinator/lmdb.ts',
}

test('each package has one importer', (t) => {
  const wrong: string[] = []
  for (const { path, text } of sources)
    for (const module of importsOf(text)) {
      const home = ONE_IMPORTER[module]
      if (home !== undefined && home !== path) wrong.push(`${path} imports ${module}: use ${home}`)
    }
  t.deepEqual(wrong, [])
})

test(`no file is longer than ${FILE_LINES_MAX} lines`, (t) => {
  const long = everything
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
  t.deepEqual(long, [])
})

test('each source starts by saying what it is', (t) => {
  const silent = sources.filter(({ text }) => !/^(\/\/ |\/\*)/.test(text.replace(/^#!.*\n/, '')))
  t.deepEqual(
    silent.map((s) => s.path),
    [],
  )
})

test('nothing is left to do in comments', (t) => {
  const words = new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X\\b'].join(''))
  t.deepEqual(
    everything.filter(({ text }) => words.test(text)).map((s) => s.path),
    [],
  )
})

/** Calls that make a run depend on more than its inputs, and what to use in their place. */
const BANNED: readonly { call: RegExp; instead: string; allowed: RegExp }[] = [
  {
    call: /\bMath\.random\(/,
    instead: 'router.random() or lib/random.ts',
    allowed: /^$/,
  },
  {
    call: /\bDate\.now\(/,
    instead: 'a Clock (lib/clock.ts) or router.nowUs',
    allowed: /^(lib\/clock\.ts|demo\/)/,
  },
]

test('no banned calls', (t) => {
  const wrong: string[] = []
  for (const { path, text } of sources)
    for (const { call, instead, allowed } of BANNED)
      if (call.test(text) && !allowed.test(path))
        wrong.push(`${path}: ${call.source}, use ${instead}`)
  t.deepEqual(wrong, [])
})
