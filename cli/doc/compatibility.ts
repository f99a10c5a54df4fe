// doc/click-compatibility.md: what of Click is here, what is not, and why. What Click has is in the
// lists of doc/click; what is here is looked up, so that the page follows the code.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const LISTS = fileURLToPath(new URL('../../../doc/click/', import.meta.url))

/** Lines of a list, split at tabs; lines that begin with '#' are its head. */
function readList(name: string): string[][] {
  const text = readFileSync(`${LISTS}${name}.tsv`, 'utf8')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '))
  return lines.map((line) => line.split('\t'))
}

export interface ClickClass {
  readonly name: string
  readonly group: string
  readonly done: boolean
  /** Why it is not here; '': it is, or nobody has said. */
  readonly why: string
}

/** @param here names of the classes that there are */
export function clickClasses(here: ReadonlySet<string>): ClickClass[] {
  const reasons = new Map(readList('reasons').map(([key, why]) => [key!, why ?? '']))
  return readList('classes').map(([name, group]) => {
    const done = here.has(name!)
    const why = done ? '' : (reasons.get(name!) ?? reasons.get(`${group}/`) ?? '')
    return { name: name!, group: group!, done, why }
  })
}

/** Classes that have a reason not to be here. */
export function excusedClasses(): string[] {
  return readList('reasons')
    .map(([key]) => key!)
    .filter((key) => !key.endsWith('/'))
}

export interface ClickCase {
  readonly name: string
  readonly why: string
}

/** Cases of Click's suite that cannot apply. */
export function casesThatCannotApply(here: ReadonlySet<string>): ClickCase[] {
  return readList('cases')
    .filter(([, needs]) => needs === '' || !here.has(needs!))
    .map(([name, , why]) => ({ name: name!, why: why! }))
}

export interface Feature {
  readonly what: string
  readonly example: string
  readonly done: string
  readonly note: string
}

export function features(list: 'language' | 'options'): Feature[] {
  return readList(list).map(([what, example, done, note]) => ({
    what: what!,
    example: example!,
    done: done!,
    note: note ?? '',
  }))
}

export function compatibilityPage(here: ReadonlySet<string>): string {
  const classes = clickClasses(here)
  const done = classes.filter((c) => c.done)
  const extra = [...here].filter((name) => !classes.some((c) => c.name === name)).sort()
  const cases = casesThatCannotApply(here)
  const parts = [
    '# Compatibility with Click',
    'Made by `make doc` from the lists in `doc/click` and the classes in `elements`; a test checks that it is up to date.',
    `${done.length} of the ${classes.length} element classes that Click's user-level driver can have are here.`,
    '## Element classes',
    ...classTables(classes),
    ...(extra.length === 0 ? [] : [`Here, and not in Click: ${extra.join(', ')}.`]),
    '## The language',
    table(['construct', 'example', 'done', 'note'], features('language').map(row)),
    "## The driver's options",
    '`click-up run`, and `click` in `deploy/click-bin`. *Accepted* options do nothing.',
    table(['option', 'example', 'done', 'note'], features('options').map(row)),
    '## Programs',
    'In `deploy/click-bin`, and as subcommands of `click-up` without `click-` (but `click-up click-check`).',
    table(
      ['program', 'done', 'note'],
      readList('tools').map(([a, b, c]) => [a!, b!, c ?? '']),
    ),
    '## Cases of its test suite that cannot apply',
    table(
      ['case', 'why'],
      cases.map(({ name, why }) => [name, why]),
    ),
    '## Known differences',
    DIFFERENCES,
  ]
  return `${parts.join('\n\n')}\n`
}

const DIFFERENCES = `See also [the engine's decisions](decisions/engine.md) and [the language's](decisions/click-language.md).

- A packet that an element has no room for in its buffer is dropped and counted, where Click makes a larger buffer.
- ControlSocket listens on 127.0.0.1 unless LOCALHOST is false.
- Line directives that tools write name the line of the element; Click's sometimes name the line before.`

function row({ what, example, done, note }: Feature): string[] {
  return [what, `\`${example}\``, done, note]
}

/** One table a group: what is here in a line, what is not with its reason. */
function classTables(classes: readonly ClickClass[]): string[] {
  const groups = [...new Set(classes.map((c) => c.group))]
  return groups.flatMap((group) => {
    const members = classes.filter((c) => c.group === group)
    const here = members.filter((c) => c.done).length
    const rows = members.map((c) => [c.name, c.done ? 'done' : 'not', c.why])
    return [`### ${group}: ${here} of ${members.length}`, table(['class', 'state', 'why'], rows)]
  })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('  |', ' |')
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
