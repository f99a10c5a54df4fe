// A running script: where it is, its variables, and the steps that it takes.
//
// A script runs until it blocks: at a pause (wait_step), for a time (wait_time), or at its end.
// What lets it go on is a step: by its timer, by the `step` handler, or, for a driver script, by
// the router that is about to stop. A step passes one blocking instruction, so it is a budget:
// `steps` counts those passed, and the script stops at the next one when the budget is used.

import { closeSync, openSync } from 'node:fs'
import { writeAll } from '../../dataplane/output.ts'
import { cpUnquote, parseBool, parseSeconds, splitSpaces, takeWord } from '../../lib/click/args.ts'
import { substitute } from '../../lib/click/variables.ts'
import { systemMessage } from '../../lib/system-message.ts'
import { ScriptCalls, type ScriptSelf } from './script-calls.ts'
import { HandlerFailure, ScriptErrors } from './script-errors.ts'
import { findLabel, type Insn, type Op, type ScriptProgram } from './script-parse.ts'

/** Jumps without blocking after which a script is taken to loop for ever, as in Click. */
const JUMPS_MAX = 1000
const EINVAL = 22

export type StepKind = 'timer' | 'normal' | 'router' | 'jump'

export type { ScriptSelf } from './script-calls.ts'

export class ScriptRun {
  #self: ScriptSelf
  #program: ScriptProgram
  readonly #variables = new Map<string, string>()
  readonly #exported = new Set<string>()
  /** How often each wait_step was passed. */
  readonly #passed: number[]
  #pos = 0
  #steps = 0
  #initialPending = false
  #writeStatus = 0
  /** Of the handler that runs the script. */
  #args = ''
  #handler = ''
  #isWrite = false
  /** Budget of the step that runs now; -1: none. Handlers called by the script may add to it. */
  #running = -1
  readonly #errors: ScriptErrors
  readonly #calls: ScriptCalls

  constructor(self: ScriptSelf, program: ScriptProgram) {
    this.#self = self
    this.#program = program
    this.#passed = program.insns.map(() => 0)
    this.#errors = new ScriptErrors((text) => this.#print(text))
    this.#calls = new ScriptCalls(() => this.#self, this.#errors)
    for (const { variable, op } of program.insns) {
      if (op === 'export') this.#exported.add(variable)
      if (variable !== '' && op !== 'label') this.#variables.set(variable, '')
    }
  }

  #print(text: string): void {
    this.#self.router.print(text)
  }

  /** Goes on where it is, as the script of another instance. */
  moveTo(self: ScriptSelf, program: ScriptProgram): void {
    this.#self = self
    this.#program = program
  }

  /**
   * Sets initial variables and starts what runs by itself.
   * @param say what goes wrong here does not keep the router from starting
   */
  start(say: (text: string) => void): void {
    const { insns } = this.#program
    const outer = this.#errors.collect()
    for (const insn of insns) {
      if (insn.op === 'init' || insn.op === 'export')
        this.#variables.set(insn.variable, this.#text(insn))
    }
    this.#startByItself(insns[0]!)
    const errors = this.#errors.collected(outer)
    if (errors.length > 0) say(errors.join('\n'))
  }

  #startByItself(first: Insn): void {
    const { type } = this.#program
    if (type !== 'ACTIVE' && type !== 'DRIVER') return
    if (first.op === 'wait_time') this.#startTimer(first)
    else if (first.op === 'initial') {
      this.#initialPending = true
      if (type === 'DRIVER') this.#self.router.stop()
      else this.#self.timerAt(this.#self.router.nowMs)
    }
  }

  /** The timer of a wait, or of the start, is over. */
  onTimer(): void {
    this.#errors.begin(this.#label)
    this.#step(1, 'timer', 0)
  }

  /** Runs because of a signal; nobody waits for its value. */
  onSignal(): void {
    this.#errors.begin(this.#label)
    this.#pos = 0
    this.#step(0, 'jump', 0)
  }

  /** Runs from the beginning; the value that the script returned, or null where it gave none. */
  runForPacket(port: number): string | null {
    this.#variables.set('input', String(port))
    this.#pos = 0
    this.#errors.begin(this.#label)
    this.#step(0, 'jump', 0)
    return this.#last() === 'end' ? '0' : this.#returned()
  }

  /** The `run` handler, and any handler of a PROXY script. */
  run(handler: string, args: string, isWrite: boolean): string {
    this.#pos = 0
    this.#args = args
    return this.#handle(handler, isWrite, 0, 'jump')
  }

  /** The `step` handler. */
  stepBy(text: string): void {
    const router = text === 'router'
    const count = text === '' || router ? 1 : Number(text)
    if (!Number.isInteger(count)) throw new Error('syntax error')
    this.#handle('step', true, count, router ? 'router' : 'normal')
  }

  /** The `goto` handler. */
  jump(label: string): void {
    const at = findLabel(label, this.#program.insns)
    if (typeof at !== 'number') throw new Error('jump to nonexistent label')
    this.#passed.fill(0, at)
    this.#pos = at
    this.#handle('goto', true, 0, 'jump')
  }

  /** Whether it came to `end`: a signal script is then installed again. */
  get ended(): boolean {
    return this.#last() === 'end'
  }

  isExported(name: string): boolean {
    return this.#exported.has(name)
  }

  get(name: string): string {
    const value = name === 'args' ? this.#args : this.#variables.get(name)
    if (value === undefined) throw new Error(`undefined variable '${name}'`)
    return value
  }

  set(name: string, value: string): void {
    if (name === '') throw new Error('no variable')
    if (name === 'args') this.#args = value
    else this.#variables.set(name, value)
  }

  /** Throws HandlerFailure where there were errors: their texts, and the value all the same. */
  #handle(handler: string, isWrite: boolean, steps: number, kind: StepKind): string {
    const before = [this.#handler, this.#isWrite] as const
    this.#handler = handler
    this.#isWrite = isWrite
    const outer = this.#errors.collect()
    if (this.#running >= 0) {
      // Called by the script itself: the step that runs now goes on from here.
      if (handler === 'step') this.#running += steps
    } else this.#step(steps, kind, 0)
    const errors = this.#errors.collected(outer)
    ;[this.#handler, this.#isWrite] = before
    const last = this.#last()
    const value = this.#returned() ?? (last === 'end' && this.#program.type === 'PACKET' ? '0' : '')
    if (last === 'error') this.#args = ''
    if (last === 'error' || errors.length > 0)
      throw new HandlerFailure(errors.join('\n'), value, last === 'error' ? -1 : 0)
    return value
  }

  /** How the script stands: at which kind of instruction. */
  #last(): Op | null {
    const insn = this.#program.insns[this.#pos]
    if (insn === undefined) return null
    return insn.op === 'goto' && typeof insn.target === 'string' ? insn.target : insn.op
  }

  #returned(): string | null {
    return this.#last() === 'return' ? (this.#variables.get('_') ?? '') : null
  }

  get #label(): string {
    return `${this.#self.name} :: ${this.#self.className}`
  }

  #step(steps: number, kind: StepKind, jumps: number): void {
    this.#running = steps + this.#steps
    let count = jumps
    while (this.#running >= this.#steps && count < JUMPS_MAX) {
      const at = this.#pos
      const insn = this.#program.insns[at]
      if (insn === undefined) break
      this.#pos = at + 1
      if (!this.#execute(insn, at, kind)) {
        this.#running = -1
        return
      }
      if (this.#pos !== at + 1) count++
    }
    this.#running = -1
    if (count < JUMPS_MAX) return
    this.#print(`${this.#label}: too many jumps, giving up`)
    this.#pos = this.#program.insns.length
    this.#self.timerAt(-1)
  }

  /** One instruction; false: the script blocks or has ended here. */
  #execute(insn: Insn, at: number, kind: StepKind): boolean {
    switch (insn.op) {
      case 'initial':
        if (this.#initialPending) this.#steps++
        this.#initialPending = false
        return true
      case 'wait_step':
        return this.#waitStep(insn, at) || this.#block(at, kind)
      case 'wait_time':
        if (this.#steps === this.#running)
          // A time that is none is not waited for again.
          return this.#block(this.#startTimer(insn) ? at : at + 1, kind)
        this.#steps++
        this.#self.timerAt(-1)
        return true
      case 'stop':
        this.#steps++
        this.#pos = at
        if (kind !== 'router') this.#self.router.stop()
        return false
      case 'end':
      case 'exit':
        this.#pos = at
        return false
      case 'error':
        if (insn.text !== '') this.#errors.say(this.#text(insn))
        this.#pos = at
        return false
      case 'return':
        this.#variables.set('_', this.#text(insn))
        this.#pos = at
        return kind === 'router' ? this.#block(at, kind) : false
      case 'goto':
        return this.#goto(insn, at, kind)
      default:
        this.#attempt(() => this.#act(insn))
        return true
    }
  }

  /** A driver script that blocks keeps the router running. */
  #block(at: number, kind: StepKind): false {
    this.#pos = at
    if (kind === 'router') this.#self.router.keepRunning()
    return false
  }

  #waitStep(insn: Insn, at: number): boolean {
    while (this.#steps < this.#running && this.#passed[at]! < insn.count) {
      this.#passed[at]!++
      this.#steps++
    }
    return this.#passed[at]! >= insn.count
  }

  #startTimer(insn: Insn): boolean {
    const seconds = parseSeconds(this.#text(insn))
    if (seconds === null) this.#errors.say("syntax error at 'wait'")
    else this.#self.timerAt(this.#self.router.nowMs + seconds * 1000)
    return seconds !== null
  }

  #goto(insn: Insn, at: number, kind: StepKind): boolean {
    const condition = this.#text(insn).trim()
    const holds = condition === '' ? true : parseBool(condition)
    if (holds === null) this.#errors.say(`bad condition '${condition}'`)
    if (holds !== true) return true
    if (typeof insn.target === 'number') {
      this.#passed.fill(0, insn.target, Math.max(insn.target, at))
      this.#pos = insn.target
      return true
    }
    this.#pos = at
    if (insn.target === 'stop' && kind !== 'router') this.#self.router.stop()
    return false
  }

  #act(insn: Insn): void {
    switch (insn.op) {
      case 'set':
        this.#variables.set(insn.variable, this.#text(insn))
        return
      case 'print':
        this.#printTo(insn)
        return
      case 'read': {
        const { path, value } = this.#call(insn)
        const text = this.#calls.read(path, value)
        this.#print(`${this.#calls.nameOf(path)}:\n${text}`)
        return
      }
      case 'write':
        this.#write(insn)
        return
      default: // init and export took effect at the start, labels have none
        return
    }
  }

  #write(insn: Insn): void {
    const { path, value } = this.#call(insn)
    this.#calls.require(path, 'write')
    try {
      this.#self.router.writeHandler(path, value, this.#self.name)
      this.#writeStatus = 0
    } catch (error) {
      this.#writeStatus = error instanceof HandlerFailure ? error.status : -EINVAL
      this.#calls.sayCalling(path, value, error)
    }
  }

  #call(insn: Insn): { path: string; value: string } {
    const { word, rest } = takeWord(this.#expand(insn.text))
    return { path: word, value: insn.unquote ? cpUnquote(rest) : rest }
  }

  #printTo(insn: Insn): void {
    const target = /^(>>?)\s*/.exec(insn.text)
    let text = insn.text
    let file = '-'
    if (target !== null) {
      const { word, rest } = takeWord(text.slice(target[0].length))
      file = cpUnquote(this.#expand(word))
      text = rest
    }
    const said = this.#errors.count
    let result = ''
    this.#attempt(() => {
      result = this.#printed(insn, text)
    })
    const whole = insn.bare || result.endsWith('\n') || this.#errors.count > said
    if (file === '-' || file === '') writeAll(1, whole ? result : `${result}\n`)
    else printToFile(file, target?.[1] === '>>', whole ? result : `${result}\n`)
  }

  /** A handler's value where the text starts like a name, else the text without its quotes. */
  #printed(insn: Insn, text: string): string {
    if (/^[A-Za-z@_]/.test(text)) {
      const { path, value } = this.#call({ ...insn, text })
      return this.#calls.read(path, value)
    }
    // Quotes in values are not the text's own: marks stand for values until the text is unquoted.
    const values: string[] = []
    const unmark = (marked: string) =>
      marked.replaceAll(/\uE000(\d+)\uE001/g, (_, n: string) => values[Number(n)]!)
    const marked = substitute(text, (inner, form) => {
      const value = this.#resolve(unmark(inner), form)
      return value === null ? null : `\uE000${values.push(value) - 1}\uE001`
    })
    return unmark(cpUnquote(marked))
  }

  #text(insn: Insn): string {
    const text = this.#expand(insn.text)
    return insn.unquote ? cpUnquote(text) : text
  }

  #expand(text: string): string {
    return substitute(text, (inner, form) => this.#resolve(inner, form), 0, true)
  }

  #resolve(inner: string, form: 'plain' | 'braces' | 'parens'): string | null {
    if (form === 'parens') return this.#calls.value(inner)
    const own = this.#variables.get(inner)
    if (own !== undefined) return own
    switch (inner) {
      case '?':
        return String(this.#writeStatus)
      case 'args':
        return this.#args
      case '$':
        return String(process.pid)
      case '0':
        return this.#handler
      case '#':
        return String(splitSpaces(this.#args).length)
      case 'write':
        return String(this.#isWrite)
      default:
        return /^[1-9]\d*$/.test(inner) ? (splitSpaces(this.#args)[Number(inner) - 1] ?? '') : null
    }
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#errors.say((error as Error).message)
    }
  }
}

function printToFile(file: string, append: boolean, text: string): void {
  let fd = -1
  try {
    fd = openSync(file, append ? 'a' : 'w')
  } catch (error) {
    throw new Error(`${file}: ${systemMessage(error)}`)
  }
  try {
    writeAll(fd, text)
  } finally {
    closeSync(fd)
  }
}
