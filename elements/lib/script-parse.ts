// Script's configuration: instructions out of arguments.
//
// Each argument is one instruction: a word and its text. Labels are resolved here, so that a wrong
// one is a configuration error.

import { parseInteger, takeWord } from '../../lib/click/args.ts'

export type ScriptType = 'ACTIVE' | 'PASSIVE' | 'PACKET' | 'PROXY' | 'DRIVER' | 'SIGNAL'

export type Op =
  | 'initial'
  | 'wait_step'
  | 'wait_time'
  | 'print'
  | 'read'
  | 'write'
  | 'set'
  | 'init'
  | 'export'
  | 'return'
  | 'goto'
  | 'label'
  | 'end'
  | 'exit'
  | 'stop'
  | 'error'

export interface Insn {
  readonly op: Op
  /** As written, variables not yet replaced. */
  readonly text: string
  /** A layer of quotes is taken off the expanded text (`setq`, `readq` …). */
  readonly unquote: boolean
  /** print: ends without a new line. */
  readonly bare: boolean
  /** set, init, export: the variable. wait_step: how often. */
  readonly variable: string
  readonly count: number
  /** goto: index of the instruction, or the way that the script ends. */
  readonly target: number | Op
}

export interface ScriptProgram {
  readonly type: ScriptType
  readonly insns: readonly Insn[]
  readonly signals: readonly NodeJS.Signals[]
}

const PLAIN = { text: '', unquote: false, bare: false, variable: '', count: 0, target: 0 } as const

/** Instruction words; those of a kind differ in quoting or in the end of the line. */
const WORDS: Readonly<Record<string, Partial<Insn> & { readonly op: Op }>> = {
  append: { op: 'print' },
  end: { op: 'end' },
  error: { op: 'error' },
  errorq: { op: 'error', unquote: true },
  exit: { op: 'exit' },
  export: { op: 'export' },
  exportq: { op: 'export', unquote: true },
  goto: { op: 'goto' },
  init: { op: 'init' },
  initq: { op: 'init', unquote: true },
  label: { op: 'label' },
  loop: { op: 'goto' },
  pause: { op: 'wait_step' },
  print: { op: 'print' },
  printn: { op: 'print', bare: true },
  printnq: { op: 'print', bare: true, unquote: true },
  printq: { op: 'print', unquote: true },
  read: { op: 'read' },
  readq: { op: 'read', unquote: true },
  return: { op: 'return' },
  returnq: { op: 'return', unquote: true },
  save: { op: 'print' },
  set: { op: 'set' },
  setq: { op: 'set', unquote: true },
  stop: { op: 'stop' },
  wait: { op: 'wait_time' },
  wait_for: { op: 'wait_time' },
  wait_step: { op: 'wait_step' },
  wait_stop: { op: 'wait_step' },
  wait_time: { op: 'wait_time' },
  write: { op: 'write' },
  writeq: { op: 'write', unquote: true },
}

const SIGNALS = 'ABRT ALRM HUP INT IO PIPE QUIT TERM TSTP USR1 USR2'.split(' ')

type Report = (message: string) => void

export function parseScript(
  args: readonly string[],
  defaultType: ScriptType,
  error: Report,
): ScriptProgram {
  let type = defaultType
  let signals: NodeJS.Signals[] = []
  const insns: Insn[] = []
  for (const arg of args) {
    const { word, rest } = takeWord(arg)
    if (word === 'TYPE') {
      type = parseType(rest, defaultType, error)
      if (type === 'SIGNAL') signals = parseSignals(takeWord(rest).rest, error)
    } else if (word !== '') {
      const insn = parseInsn(word, rest)
      if (insn === null) error(`syntax error at '${word}'`)
      else add(insns, insn)
    }
  }
  if (insns.length === 0 && type === 'DRIVER') insns.push({ ...PLAIN, op: 'wait_step', count: 1 })
  add(insns, { ...PLAIN, op: type === 'DRIVER' ? 'stop' : 'end' })
  return { type, signals, insns: insns.map((insn) => withTarget(insn, insns, error)) }
}

/** The first instruction is one to begin from. */
function add(insns: Insn[], insn: Insn): void {
  if (insns.length === 0 && insn.op !== 'wait_step' && insn.op !== 'wait_time')
    insns.push({ ...PLAIN, op: 'initial' })
  insns.push(insn)
}

function parseType(text: string, fallback: ScriptType, error: Report): ScriptType {
  const { word, rest } = takeWord(text)
  const name = word === 'PUSH' ? 'PACKET' : word
  if (/^(?:ACTIVE|PASSIVE|PACKET|PROXY|DRIVER)$/.test(name) && rest === '')
    return name as ScriptType
  if (name === 'SIGNAL') return 'SIGNAL'
  error('bad TYPE')
  return fallback
}

function parseSignals(text: string, error: Report): NodeJS.Signals[] {
  const names = text.split(/\s+/).filter((word) => word !== '')
  const known = names.map(signalName)
  if (names.length === 0 || known.includes(null)) error('bad signal number')
  return known.filter((name) => name !== null)
}

const NUMBERS: Readonly<Record<number, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  6: 'ABRT',
  10: 'USR1',
  12: 'USR2',
  13: 'PIPE',
  14: 'ALRM',
  15: 'TERM',
  20: 'TSTP',
  29: 'IO',
}

/** 'INT', 'SIGINT' or a number; null: not a signal that scripts can have. */
export function signalName(word: string): NodeJS.Signals | null {
  const number = parseInteger(word)
  const name = number === null ? word : (NUMBERS[number] ?? '')
  return SIGNALS.includes(name) ? (`SIG${name}` as NodeJS.Signals) : null
}

function parseInsn(word: string, rest: string): Insn | null {
  const known = Object.hasOwn(WORDS, word) ? WORDS[word]! : null
  if (known === null) return null
  const insn: Insn = { ...PLAIN, ...known, text: rest }
  switch (insn.op) {
    case 'wait_step':
      return parseSteps(insn)
    case 'wait_time':
      return rest === '' && word === 'wait' ? { ...insn, op: 'wait_step', count: 1 } : insn
    case 'set':
    case 'init':
    case 'export': {
      const { word: variable, rest: text } = takeWord(rest)
      if (variable === '' || (insn.op === 'set' && text === '')) return null
      return { ...insn, variable, text }
    }
    case 'label':
      return takeWord(rest).rest === '' && rest !== '' ? { ...insn, variable: rest } : null
    case 'print':
      return word === 'save' || word === 'append' ? toFile(insn, word) : insn
    case 'goto':
      return word === 'loop' ? loop(insn) : insn
    case 'end':
    case 'exit':
    case 'stop':
      return rest === '' ? insn : null
    default:
      return insn
  }
}

function parseSteps(insn: Insn): Insn | null {
  const count = insn.text === '' ? 1 : parseInteger(insn.text)
  return count === null || count < 0 ? null : { ...insn, count }
}

function loop(insn: Insn): Insn | null {
  return insn.text === '' ? { ...insn, text: 'loop' } : null
}

/** `save HANDLER FILE` is `print >FILE HANDLER`. */
function toFile(insn: Insn, word: string): Insn {
  const { word: handler, rest } = takeWord(insn.text)
  const sign = word === 'save' ? '>' : '>>'
  return { ...insn, text: `${sign}${rest === '' ? '-' : rest} ${handler}` }
}

function withTarget(insn: Insn, insns: readonly Insn[], error: Report): Insn {
  if (insn.op !== 'goto' || insn.text === '') return insn
  const { word, rest } = takeWord(insn.text)
  const target = findLabel(word, insns)
  if (target === null) error(`no such label '${word}'`)
  return { ...insn, text: rest, target: target ?? 0 }
}

/** Where a label is; null: nowhere. Ways to end a script are labels too. */
export function findLabel(label: string, insns: readonly Insn[]): number | Op | null {
  const at = insns.findIndex((insn) => insn.op === 'label' && insn.variable === label)
  if (at >= 0) return at
  if (/^(?:end|exit|stop|error)$/.test(label)) return label as Op
  return label === 'begin' || label === 'loop' ? 0 : null
}
