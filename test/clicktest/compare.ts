// Compares an output file with what is expected of it.

import type { Expectation, Ignore, Match } from './parse.ts'

/** Null: it fits; else what does not. */
export function compare(
  actual: string,
  expected: Expectation,
  ignores: readonly Ignore[],
): string | null {
  if (expected.match === 'verbatim')
    return withoutSubtests(actual) === expected.content ? null : `${expected.file}: differs`
  const ignored = ignores.filter((i) => i.file === expected.file || i.file === 'all')
  const want = linesOf(expected.content)
  const have = linesOf(withoutSubtests(actual)).filter(
    (line) => !ignored.some((i) => isIgnored(line, i)),
  )
  for (let k = 0; k < Math.max(want.length, have.length); k++) {
    const [wanted, got] = [want[k], have[k]]
    if (wanted !== undefined && got !== undefined && lineFits(got, wanted, expected)) continue
    const show = (line: string | undefined) => (line === undefined ? 'the end' : `'${line}'`)
    return `${expected.file}: line ${k + 1}: expected ${show(wanted)}, got ${show(got)}`
  }
  return null
}

/** The marks of `clicktest_subtest` are the runner's own. */
function withoutSubtests(text: string): string {
  return text.replaceAll(/^clicktest_subtest .*\n/gm, '')
}

/** Blank lines and white space at line ends do not count. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}

function isIgnored(line: string, ignore: Ignore): boolean {
  return ignore.lines.some((pattern) => {
    const source = toRegex(pattern.trimEnd(), ignore.match, false)
    return new RegExp(`^(?:${source})$`).test(line)
  })
}

function lineFits(line: string, wanted: string, options: Expectation): boolean {
  const space = options.ignoreSpace
  const source = toRegex(space ? squeeze(wanted) : wanted, options.match, space)
  const flags = options.ignoreCase ? 'i' : ''
  return new RegExp(`^(?:${source})$`, flags).test(space ? squeeze(line) : line)
}

function squeeze(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}

/** A line as a regular expression: whole, or `{{regex}}` inside of literal text. */
function toRegex(text: string, match: Match, trim: boolean): string {
  if (match === 'regex') return perlRegex(text)
  if (match === 'verbatim') return escapeRegex(text)
  let source = ''
  for (const part of text.split(/(\{\{.*?\}\})/)) {
    if (!part.startsWith('{{') || !part.endsWith('}}')) source += escapeRegex(part)
    else if (!part.startsWith('{{?')) source += `(?:${perlRegex(part.slice(2, -2))})`
    else if (trim || text.endsWith(part)) source = source.replace(/\\? +$/, '')
  }
  return source
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** Perl and JavaScript agree on what tests use, but for POSIX classes. */
function perlRegex(text: string): string {
  return text.replaceAll('[[:space:]]', '\\s').replaceAll('[:digit:]', '0-9')
}
