// Every element's documentation block can be read, and names every keyword, handler and counter that
// the element has, and no other.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'ava'
import { findBlock, type Part, parseBlock } from '../../../cli/doc/block.ts'
import { declaredOf } from '../../../cli/doc/sections.ts'
import { terminalPage } from '../../../cli/doc/terminal.ts'
import type { AnyElement } from '../../../dataplane/element.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Older spellings of keywords that Click still takes: they are taken, and not advertised. */
const OLD_NAMES: ReadonlySet<string> = new Set([
  'BURST_BYTES',
  'BURST_SIZE',
  'CPU',
  'DATA',
  'DATASIZE',
  'DEFAULT_FIELDS',
  'DEFAULT_FLOWID',
  'LENGTH',
  'NBYTES',
  'OFFSET2',
])

const files = readdirSync(`${ROOT}elements`, { recursive: true, encoding: 'utf8' })
const classes = files.filter((f) => /(?:^|\/)[A-Z]\w*\.ts$/.test(f)).sort()

async function load(file: string): Promise<AnyElement> {
  const built = `${ROOT}build/elements/${file.replace(/\.ts$/, '.js')}`
  return ((await import(pathToFileURL(built).href)) as { default: AnyElement }).default
}

/** A block may name another element whose handlers it has: they are told there. */
const SAME_HANDLERS = /handlers\s+are\s+those\s+of\s+(\w+)/

function handlersToldBy(name: string): string[] {
  const file = classes.find((f) => f.endsWith(`/${name}.ts`))
  if (file === undefined) return []
  const text = findBlock(readFileSync(`${ROOT}elements/${file}`, 'utf8')) ?? ''
  return parseBlock(text).handlers.map((h) => h.name)
}

function listsOf(parts: readonly Part[]): string[][] {
  return parts.flatMap((part) =>
    part.kind === 'list' ? [part.items.map((item) => item.term)] : [],
  )
}

for (const file of classes) {
  const name = /(\w+)\.ts$/.exec(file)![1]!
  test(`elements/${file}: documentation`, async (t) => {
    const text = findBlock(readFileSync(`${ROOT}elements/${file}`, 'utf8')) ?? ''
    const block = parseBlock(text)
    t.deepEqual(block.problems, [])
    t.true(
      block.synopsis.some((line) => line.includes(name)),
      'the synopsis lacks the name',
    )
    t.regex(block.summary, /^[^\n]{3,90}$/, 'the summary is not one line')

    const spec = await load(file)
    t.is(spec.name, name)
    t.true(
      terminalPage(
        { name, group: '', block, declared: declaredOf(spec) },
        { width: 80, colors: false },
      ).length > 0,
    )

    // Numbers at the end stand for ports: `=h switch0`, `=h switchN`.
    const plain = (handler: string) => handler.replace(/[\dN]+$/, '')
    const other = handlersToldBy(SAME_HANDLERS.exec(text)?.[1] ?? '')
    const all = [...block.handlers.map((h) => h.name), ...other]
    const documented = all.map((handler) => plain(handler.split(/[, ]/)[0]!))
    const counters = Object.keys(spec.counters ?? {})
    const needed = Object.keys(spec.handlers ?? {})
      .filter((h) => h !== '*')
      .map(plain)
    const lacking = (list: readonly string[], have: (one: string) => boolean) =>
      list.filter((one) => !have(one))
    t.deepEqual(
      lacking(needed, (h) => documented.includes(h)),
      [],
      'handlers without =h',
    )
    // A counter is a handler too; one of a group may be told in the text.
    const told = (word: string) => new RegExp(`\\b${word}\\b`).test(text)
    t.deepEqual(lacking(counters, told), [], 'counters that are not told')
    const known = new Set([...needed, ...counters.map(plain), 'config', 'class', 'name'])
    if (!Object.hasOwn(spec.handlers ?? {}, '*'))
      t.deepEqual(
        lacking(documented, (h) => known.has(h)),
        [],
        '=h without handler',
      )

    if (spec.config === 'raw') return
    const keywords = Object.keys(spec.config as object)
    t.deepEqual(
      lacking(keywords, (k) => told(k) || OLD_NAMES.has(k)),
      [],
      'keywords not told',
    )
    // A list of keywords has nothing else in it; other lists are of other things.
    for (const items of listsOf(block.sections.flatMap((section) => section.parts))) {
      const named = items.filter((i) => /^[A-Z_]+$/.test(i))
      if (!named.some((i) => keywords.includes(i))) continue
      const unknown = lacking(named, (i) => keywords.includes(i))
      t.deepEqual(unknown, [], '=item without keyword')
    }
  })
}
