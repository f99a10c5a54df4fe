// Error codes: the documentation says of each what it is, what to do and how the command ends; and
// sources give a hint with every error that an operator may see.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { exitCode } from '../../../cli/exit.ts'
import { ERROR_CODES, type ErrorCode } from '../../../lib/errors.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const CODES = Object.keys(ERROR_CODES) as ErrorCode[]

/** Rows of the table: code, meaning, message, what to do, exit status. */
const rows = readFileSync(join(ROOT, 'doc/errors.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))

test('doc/errors.md documents every code, and no other, in the order of the table', (t) => {
  t.deepEqual(
    rows.map(([code]) => code),
    CODES.map((code) => `\`${code}\``),
  )
})

test('each documented code has its meaning, a message, what to do, and its exit status', (t) => {
  t.plan(4 * CODES.length)
  rows.forEach(([, meaning, message, todo, exit], i) => {
    const code = CODES[i]!
    t.is(meaning, ERROR_CODES[code])
    t.regex(message ?? '', /^`[^`]+`$/, code)
    t.true((todo ?? '').length > 20, code)
    t.is(Number(exit), exitCode(code), code)
  })
})

interface Thrown {
  readonly where: string
  readonly args: readonly string[]
}

/** Arguments of each `new ClickUpError(…)` of a text, as written. */
function thrownIn(path: string, text: string): Thrown[] {
  return [...text.matchAll(/new ClickUpError\(/g)].map((match) => ({
    where: `${path}:${text.slice(0, match.index).split('\n').length}`,
    args: argumentsAt(text, match.index + match[0].length),
  }))
}

function argumentsAt(text: string, start: number): string[] {
  const args: string[] = []
  let depth = 0
  let quote = ''
  let arg = ''
  for (let i = start; i < text.length; i++) {
    const c = text[i]!
    if (quote !== '') {
      if (c === '\\') arg += c + text[++i]!
      else arg += c
      if (c === quote) quote = ''
      continue
    }
    if ('\'"`'.includes(c)) quote = c
    if (')]}'.includes(c) && depth-- === 0) break
    if ('([{'.includes(c)) depth++
    if (c === ',' && depth === 0) {
      args.push(arg.trim())
      arg = ''
    } else arg += c
  }
  return [...args, arg.trim()].filter((a) => a !== '')
}

const SOURCES = ['lib', 'node-agent', 'coordinator', 'cli', 'dataplane', 'elements', 'demo']
const thrown = SOURCES.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .flatMap((path) => thrownIn(path, readFileSync(join(ROOT, path), 'utf8'))),
)

test('every code of a source is one of the table, and every code of the table is used', (t) => {
  const literals = thrown.flatMap(({ where, args }) => {
    const match = /^'([A-Z_]+)'$/.exec(args[0] ?? '')
    return match === null ? [] : [{ where, code: match[1]! }]
  })
  t.deepEqual(
    literals.filter(({ code }) => !(code in ERROR_CODES)),
    [],
  )
  const used = new Set(literals.map(({ code }) => code))
  t.deepEqual(
    CODES.filter((code) => !used.has(code)),
    [],
  )
})

test('the control plane and the command line give a hint with every error', (t) => {
  const seen = thrown.filter(({ where }) => /^(lib|node-agent|coordinator|cli)\//.test(where))
  t.true(seen.length > 40, 'the scan finds errors')
  t.deepEqual(
    seen.filter(({ args }) => args.length < 3 || args[2] === "''").map(({ where }) => where),
    [],
  )
})
