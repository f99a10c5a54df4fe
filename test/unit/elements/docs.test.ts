// An element's documentation names every keyword, handler and counter that it has, and no other.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'ava'
import type { AnyElement } from '../../../dataplane/element.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Older spellings of keywords that Click still takes: they are taken, and not advertised. */
const OLD_NAMES: ReadonlySet<string> = new Set([
  'BURST_BYTES',
  'BURST_SIZE',
  'CPU',
  'DATASIZE',
  'DEFAULT_FIELDS',
  'DEFAULT_FLOWID',
  'LENGTH',
  'NBYTES',
])

interface Documented {
  readonly path: string
  readonly name: string
  readonly doc: string
  readonly spec: AnyElement
}

async function elements(): Promise<Documented[]> {
  const files = readdirSync(`${ROOT}elements`, { recursive: true, encoding: 'utf8' })
  const classes = files.filter((f) => /(?:^|\/)[A-Z]\w*\.ts$/.test(f))
  return Promise.all(
    classes.map(async (file) => {
      const text = readFileSync(`${ROOT}elements/${file}`, 'utf8')
      const built = `${ROOT}build/elements/${file.replace(/\.ts$/, '.js')}`
      const { default: spec } = (await import(pathToFileURL(built).href)) as { default: AnyElement }
      const doc = /\/\*\n(=c\n[\s\S]*?)\*\//.exec(text)?.[1] ?? ''
      const name = /(\w+)\.ts$/.exec(file)![1]!
      return { path: `elements/${file}`, name, doc, spec }
    }),
  )
}

/** Names after '=h', without the numbers that stand for ports. */
function handlersOf(doc: string): string[] {
  return [...doc.matchAll(/^=h (\S+)/gm)].map((m) => m[1]!.replace(/[\dN]+$/, ''))
}

const all = await elements()

for (const { path, name, doc, spec } of all) {
  test(`${path}: documentation`, (t) => {
    t.regex(doc, /^=c\n\n/)
    t.regex(doc, /^=s \S+\n\n\S/m, 'no =s with group and one line')
    t.regex(doc, /^=d$/m)
    t.is(spec.name, name)
    t.true(doc.includes(name), 'the synopsis does not have the name')
    const documented = handlersOf(doc)
    const counters = Object.keys(spec.counters ?? {})
    const handlers = Object.keys(spec.handlers ?? {}).filter((h) => h !== '*')
    const needed = handlers.map((h) => h.replace(/\d+$/, ''))
    t.deepEqual(
      needed.filter((h) => !documented.includes(h)),
      [],
      'handlers without =h',
    )
    // A counter is a handler too; one of a group may be told in the text.
    const told = (word: string) => new RegExp(`\\b${word}\\b`).test(doc)
    t.deepEqual(
      counters.filter((c) => !told(c)),
      [],
      'counters that are not told',
    )
    const known = new Set([...needed, ...counters, 'config', 'class', 'name'])
    const wild = Object.hasOwn(spec.handlers ?? {}, '*')
    if (!wild)
      t.deepEqual(
        documented.filter((h) => !known.has(h)),
        [],
        '=h without handler',
      )
    if (spec.config === 'raw') return
    const keywords = Object.keys(spec.config as object)
    const items = [...doc.matchAll(/^=item (.+)$/gm)].map((m) => m[1]!)
    const missing = keywords.filter((k) => !told(k) && !OLD_NAMES.has(k))
    t.deepEqual(missing, [], 'keywords that are not told')
    const unknown = items.filter((i) => /^[A-Z_]+$/.test(i) && !keywords.includes(i))
    t.deepEqual(unknown, [], '=item without keyword')
  })
}
