// The way out: `// hidden-state: reason` above a declaration, or behind it on its line. It covers what
// is declared there, and is listed by `click-up check --hidden-state`. Without a reason it is an
// error, and so is one that covers nothing.

import type { Node, Source } from './source.ts'

export interface Mark {
  /** Of the comment, from 1. */
  readonly line: number
  readonly column: number
  /** The line of code that it is about. */
  readonly covers: number
  readonly reason: string
}

const MARK = /\/\/\s*hidden-state:(.*)$/
const COMMENT = /^\s*\/\//

/** A name or a part of an element; not the element as a whole, nor the file. */
const DECLARATIONS =
  /^(VariableDeclaration|VariableDeclarator|FunctionDeclaration|ClassDeclaration|MethodDefinition|PropertyDefinition|Property|ExpressionStatement|ReturnStatement|ExportNamedDeclaration)$/

export function marksIn(lines: readonly string[]): Mark[] {
  const marks: Mark[] = []
  for (const [index, line] of lines.entries()) {
    const match = MARK.exec(line)
    if (match === null) continue
    const place = { line: index + 1, column: match.index + 1 }
    if (!COMMENT.test(line)) {
      marks.push({ ...place, covers: index + 1, reason: match[1]!.trim() })
      continue
    }
    // A reason may go on in the lines below, up to the code.
    const words = [match[1]!.trim()]
    let at = index + 1
    for (; COMMENT.test(lines[at] ?? '') && !MARK.test(lines[at]!); at++)
      words.push(lines[at]!.replace(COMMENT, '').trim())
    marks.push({ ...place, covers: at + 1, reason: words.join(' ').trim() })
  }
  return marks
}

/** The mark that covers a node: its own line's, or that of a declaration around it. */
export function markFor(source: Source, node: Node, marks: readonly Mark[]): Mark | null {
  if (marks.length === 0) return null
  for (let at: Node | null = node; at !== null; at = source.parentOf(at)) {
    if (at !== node && (!DECLARATIONS.test(at.type) || isElement(at))) continue
    const { line } = source.placeOf(at)
    const mark = marks.find((m) => m.covers === line)
    if (mark !== undefined) return mark
  }
  return null
}

/** `const x = element({ … })`, with or without export. */
function isElement(node: Node): boolean {
  const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
  const declarator = declaration?.declarations?.[0] ?? declaration
  return declarator?.init?.callee?.name === 'element'
}
