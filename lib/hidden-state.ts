// State that an upgrade would lose, found in element sources before they run: variables of a module,
// closures, static fields, properties put where they do not belong, clocks, timers. What an element
// declares (`state`, `counters`) moves; nothing else does.
//
// The check goes by the shape of the code. It follows a value within its file, and into functions and
// classes that the file imports by relative paths; it is there to catch mistakes, not malice. `// hidden-state: <reason>` on a declaration excuses it, and is listed.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Finding } from './errors.ts'
import { fileProblem } from './file-problem.ts'
import type { Facts } from './lint/facts.ts'
import { factsFor } from './lint/facts.ts'
import type { Mark } from './lint/marks.ts'
import { markFor, marksIn } from './lint/marks.ts'
import type { Raw } from './lint/rules.ts'
import { globalRules, nameRules, staticRules, thisRules } from './lint/rules.ts'
import { callRules } from './lint/rules-calls.ts'
import { packetRules, selfRules } from './lint/rules-self.ts'
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
  const parsed = parseSource(file, source)
  return 'message' in parsed ? [parsed] : [...check(parsed).findings]
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
  const read = new Reader(label)
  const findings: Finding[] = []
  const excused: Excused[] = []
  const seen = new Set<string>()
  const left = [...files].reverse()
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const source = read.source(file)
    if ('message' in source) {
      findings.push(source)
      continue
    }
    const result = check(source)
    findings.push(...result.findings)
    excused.push(...result.excused)
    for (const helper of importsOf(source, file)) if (!isOurs(helper)) left.push(helper)
  }
  return { findings, excused, files: [...seen] }
}

/** Reads and parses each file once; what its exports do is asked for by those that import it. */
class Reader {
  readonly #label: (file: string) => string
  readonly #sources = new Map<string, Source | Finding>()
  readonly #facts = new Map<string, Facts>()

  constructor(label: (file: string) => string) {
    this.#label = label
  }

  source(file: string): Source | Finding {
    let source = this.#sources.get(file)
    if (source === undefined) {
      source = this.#parsed(file)
      this.#sources.set(file, source)
    }
    return source
  }

  #parsed(file: string): Source | Finding {
    const name = this.#label(file)
    try {
      return parseSource(name, readFileSync(file, 'utf8'), (module) => this.#of(file, module))
    } catch (cause) {
      return { where: name, message: fileProblem(cause) }
    }
  }

  /** Facts of what a file imports. */
  #of(importer: string, module: string): Facts | null {
    const file = resolved(importer, module)
    const source = file === null ? null : this.source(file)
    if (source === null || 'message' in source) return null
    const facts = this.#facts.get(file!) ?? factsFor(source)
    this.#facts.set(file!, facts)
    return facts
  }
}

interface Checked {
  readonly findings: readonly Finding[]
  readonly excused: readonly Excused[]
}

function check(source: Source): Checked {
  const marks = marksIn(source.lines)
  const used = new Set<Mark>()
  const findings: Finding[] = []
  for (const raw of rawFindings(source)) {
    const mark = markFor(source, raw.node, marks)
    if (mark === null) findings.push(asFinding(source, raw))
    else used.add(mark)
  }
  const whereOf = (mark: Mark) => `${source.file}:${mark.line}:${mark.column}`
  for (const mark of marks) {
    if (!used.has(mark)) findings.push({ where: whereOf(mark), message: idleMark() })
    else if (mark.reason === '') findings.push({ where: whereOf(mark), message: noReason() })
  }
  return {
    findings: findings.sort(byPlace),
    excused: marks
      .filter((m) => used.has(m) && m.reason !== '')
      .map((m) => ({ where: whereOf(m), reason: m.reason })),
  }
}

function rawFindings(source: Source): Raw[] {
  return [
    ...nameRules(source),
    ...selfRules(source),
    ...packetRules(source),
    ...thisRules(source),
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
  return (source.tree.body as { source?: { value: unknown } }[]).flatMap((node) => {
    const module = node.source?.value
    const file = typeof module === 'string' ? resolved(path, module) : null
    return file === null ? [] : [file]
  })
}

/** The file that an import means; null: a package, or not there. */
function resolved(importer: string, module: string): string | null {
  if (!module.startsWith('.')) return null
  const file = resolve(dirname(importer), module)
  const candidates = [file, file.replace(/\.js$/, '.ts'), `${file}.ts`, `${file}.js`]
  return candidates.find((candidate) => existsSync(candidate)) ?? null
}
