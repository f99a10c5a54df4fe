// State that an upgrade would lose, found in element sources before they run: variables of a module,
// closures, static fields, properties put where they do not belong, clocks, timers. What an element
// declares (`state`, `counters`) moves; nothing else does.
//
// The check goes by the shape of the code and follows a value only within its file; it is there to
// catch mistakes, not malice. `// hidden-state: <reason>` on a declaration excuses it, and is listed.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Finding } from './errors.ts'
import { fileProblem } from './file-problem.ts'
import type { Mark } from './lint/marks.ts'
import { markFor, marksIn } from './lint/marks.ts'
import type { Raw } from './lint/rules.ts'
import { globalRules, nameRules, staticRules } from './lint/rules.ts'
import { callRules } from './lint/rules-calls.ts'
import type { Source } from './lint/source.ts'
import { parseSource } from './lint/source.ts'
import { idleMark, noReason } from './lint/texts.ts'

/** A place that says itself why it may hold hidden state. */
export interface Excused {
  /** `file:line:column` */
  readonly where: string
  readonly reason: string
}

export interface HiddenState {
  readonly findings: readonly Finding[]
  readonly excused: readonly Excused[]
  /** Files that were looked at: those given, and the helper files that they import. */
  readonly files: readonly string[]
}

/** What is wrong with one source. @param file its name, for `where` */
export function findHiddenState(file: string, source: string): Finding[] {
  return [...check(file, source).findings]
}

/**
 * Checks element files and, transitively, the files that they import by relative paths.
 * @param label name of a file in `where`
 * @param isOurs files that are not the author's (the element API): not checked
 */
export function checkHiddenState(
  files: readonly string[],
  label: (file: string) => string = (file) => file,
  isOurs: (file: string) => boolean = () => false,
): HiddenState {
  const findings: Finding[] = []
  const excused: Excused[] = []
  const seen = new Set<string>()
  const left = [...files].reverse()
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (cause) {
      findings.push({ where: label(file), message: fileProblem(cause) })
      continue
    }
    const result = check(label(file), text)
    findings.push(...result.findings)
    excused.push(...result.excused)
    for (const helper of result.imports(file)) if (!isOurs(helper)) left.push(helper)
  }
  return { findings, excused, files: [...seen] }
}

interface Checked {
  readonly findings: readonly Finding[]
  readonly excused: readonly Excused[]
  imports(path: string): string[]
}

function check(file: string, text: string): Checked {
  const source = parseSource(file, text)
  if ('message' in source) return { findings: [source], excused: [], imports: () => [] }
  const marks = marksIn(source.lines)
  const used = new Set<Mark>()
  const findings: Finding[] = []
  for (const raw of rawFindings(source)) {
    const mark = markFor(source, raw.node, marks)
    if (mark === null) findings.push(asFinding(source, raw))
    else used.add(mark)
  }
  const whereOf = (mark: Mark) => `${file}:${mark.line}:${mark.column}`
  for (const mark of marks) {
    if (!used.has(mark)) findings.push({ where: whereOf(mark), message: idleMark() })
    else if (mark.reason === '') findings.push({ where: whereOf(mark), message: noReason() })
  }
  return {
    findings: findings.sort(byPlace),
    excused: marks
      .filter((m) => used.has(m) && m.reason !== '')
      .map((m) => ({ where: whereOf(m), reason: m.reason })),
    imports: (path) => importsOf(source, path),
  }
}

function rawFindings(source: Source): Raw[] {
  return [
    ...nameRules(source),
    ...staticRules(source),
    ...globalRules(source),
    ...callRules(source),
  ]
}

function asFinding(source: Source, { node, message }: Raw): Finding {
  const { line, column } = source.placeOf(node)
  return { where: `${source.file}:${line}:${column}`, message }
}

function byPlace(a: Finding, b: Finding): number {
  const place = ({ where }: Finding) => where.split(':').slice(-2).map(Number) as [number, number]
  const [lineA, columnA] = place(a)
  const [lineB, columnB] = place(b)
  return lineA - lineB || columnA - columnB
}

/** Files that a source imports by relative paths. */
function importsOf(source: Source, path: string): string[] {
  const found: string[] = []
  for (const node of source.tree.body as { source?: { value: unknown } }[]) {
    const module = node.source?.value
    if (typeof module !== 'string' || !module.startsWith('.')) continue
    const file = resolve(dirname(path), module)
    const candidates = [file, file.replace(/\.js$/, '.ts'), `${file}.ts`, `${file}.js`]
    const there = candidates.find((candidate) => existsSync(candidate))
    if (there !== undefined) found.push(there)
  }
  return found
}
