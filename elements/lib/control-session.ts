// One connection of a ControlSocket: Click's protocol, version 1.3.
//
// Bytes come in as they come; commands are taken off in order, each when all of it is there, and
// answered in order: while a handler takes its time, the next command waits.

import type { RouterServices } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'
import { callLlrpc, parseLlrpc } from './llrpc.ts'

const GREETING = 'Click::ControlSocket/1.3\r\n'

/** Bytes of a command and its data. A client that sends more without an end is cut off. */
const INPUT_MAX = 16 * 1024 * 1024

type Answer = readonly [code: number, text: string, data?: string]

/** A command that waits for its data. */
interface Pending {
  readonly run: (data: string) => Promise<Answer>
  /** Length of the data, or the line that ends it. */
  readonly until: number | string
}

export interface SessionSettings {
  readonly readonly: boolean
  /** Element that gets all calls, as handlers named 'element.handler'; '': none. */
  readonly proxy: string
}

// hidden-state: one client's dialogue, which ends with its connection; commands may take time
export class ControlSession {
  readonly #router: () => RouterServices
  readonly #settings: SessionSettings
  readonly #write: (bytes: Buffer) => void
  #input = ''
  /** The last line ended with CR: an LF that comes now belongs to it. */
  #afterReturn = false
  #pending: Pending | null = null
  #ended = false
  #open = true
  #work: Promise<void> = Promise.resolve()

  constructor(
    router: () => RouterServices,
    settings: SessionSettings,
    write: (bytes: Buffer) => void,
  ) {
    this.#router = router
    this.#settings = settings
    this.#write = write
    this.#send(GREETING)
  }

  /**
   * Takes bytes; resolves when all whole commands are answered: false: the client said good-bye.
   */
  feed(bytes: string): Promise<boolean> {
    this.#input += bytes
    if (this.#input.length > INPUT_MAX) {
      this.#answer([521, 'Data too big'])
      this.#open = false
    }
    return this.#run()
  }

  /** No more bytes: a last line counts without its end, and data that is missing is an error. */
  async finish(): Promise<boolean> {
    this.#ended = true
    await this.#run()
    return false
  }

  /** Answers the command that is being worked on, and no more; resolves then. */
  async stop(): Promise<void> {
    this.#open = false
    await this.#work
  }

  async #run(): Promise<boolean> {
    const work = this.#work.then(() => this.#commands())
    this.#work = work
    await work
    return this.#open
  }

  async #commands(): Promise<void> {
    while (this.#open) {
      const answer = this.#pending === null ? this.#next() : this.#data(this.#pending)
      if (answer === null) return
      this.#answer(await answer)
    }
  }

  /** The next command's answer; null: there is no whole command. */
  #next(): Promise<Answer> | null {
    for (;;) {
      const line = this.#line()
      if (line === null) return null
      const words = line.trim().split(/\s+/)
      if (words[0] !== '') return this.#command(words[0]!.toUpperCase(), words, line)
    }
  }

  /** Takes a line off; its end is CR, LF or CRLF. */
  #line(): string | null {
    this.#skipNewline()
    const m = /\r\n|\r|\n/.exec(this.#input)
    if (m === null) {
      if (!this.#ended || this.#input === '') return null
      const rest = this.#input
      this.#input = ''
      return rest
    }
    const line = this.#input.slice(0, m.index)
    this.#input = this.#input.slice(m.index + m[0].length)
    this.#afterReturn = m[0] === '\r'
    return line
  }

  /** An LF that was still under way when its CR ended a line. */
  #skipNewline(): void {
    if (this.#afterReturn && this.#input.startsWith('\n')) this.#input = this.#input.slice(1)
    if (this.#input !== '') this.#afterReturn = false
  }

  #data({ run, until }: Pending): Promise<Answer> | null {
    this.#skipNewline()
    const data = typeof until === 'number' ? this.#count(until) : this.#until(until)
    if (data === null && !this.#ended) return null
    this.#pending = null
    return data === null ? answer(500, 'Not enough data') : run(data)
  }

  #count(count: number): string | null {
    if (this.#input.length < count) return null
    const data = this.#input.slice(0, count)
    this.#input = this.#input.slice(count)
    return data
  }

  /** Everything in front of a line that equals the terminator but for blanks at its end. */
  #until(terminator: string): string | null {
    const lines = /([^\r\n]*)(?:\r\n|\r|\n)/g
    for (let m = lines.exec(this.#input); m !== null; m = lines.exec(this.#input)) {
      if (m[1]!.trimEnd() !== terminator) continue
      const data = this.#input.slice(0, m.index)
      this.#afterReturn = m[0].endsWith('\r')
      this.#input = this.#input.slice(lines.lastIndex)
      return data
    }
    return null
  }

  /** Answers now, or asks for data first (null from `#data` until it is there). */
  #command(command: string, words: string[], line: string): Promise<Answer> | null {
    const [, name = '', third = ''] = words
    const few = words.length < 2
    switch (command) {
      case 'READ':
      case 'GET':
        return few ? wrongNumber() : this.#read(name, behind(line))
      case 'WRITE':
      case 'SET':
        return few ? wrongNumber() : this.#set(name, behind(line))
      case 'READDATA':
      case 'WRITEDATA':
      case 'SETDATA': {
        if (words.length !== 3) return wrongNumber()
        return this.#wait(countOf(third), command, this.#call(command, name))
      }
      case 'READUNTIL':
      case 'WRITEUNTIL':
        return few ? wrongNumber() : this.#wait(behind(line), command, this.#call(command, name))
      case 'CHECKREAD':
      case 'CHECKWRITE':
        if (words.length !== 2) return wrongNumber()
        return this.#check(name, command === 'CHECKREAD' ? 'read' : 'write')
      case 'LLRPC':
        if (few || words.length > 3) return wrongNumber()
        return this.#wait(third === '' ? 0 : countOf(third), command, (data) =>
          this.#llrpc(name, data),
        )
      case 'HELP':
        return answer(200, HELP)
      case 'QUIT':
      case 'CLOSE':
        if (words.length > 1) this.#answer([500, 'Bad command syntax'])
        this.#open = false
        return answer(200, 'Goodbye!')
      default:
        return answer(501, `Command '${command}' unimplemented`)
    }
  }

  #call(command: string, name: string): Pending['run'] {
    return command.startsWith('READ')
      ? (data) => this.#read(name, data)
      : (data) => this.#set(name, data)
  }

  #wait(until: number | string | null, command: string, run: Pending['run']) {
    if (until === null) return answer(500, `Syntax error in '${command}'`)
    this.#pending = { run, until }
    return this.#data(this.#pending)
  }

  async #read(path: string, arg: string): Promise<Answer> {
    const refusal = this.#refusal(path, 'read')
    if (refusal !== null) return refusal
    try {
      const data = this.#router().readHandler(this.#target(path), arg)
      return [200, `Read handler '${path}' OK`, data]
    } catch (error) {
      return [590, `Read handler '${path}' error:\n${(error as Error).message}`]
    }
  }

  async #set(path: string, value: string): Promise<Answer> {
    const refusal = this.#refusal(path, 'write') ?? this.#denied(path)
    if (refusal !== null) return refusal
    try {
      await this.#router().writeHandlerLater(this.#target(path), value)
      return [200, `Write handler '${path}' OK`]
    } catch (error) {
      return [520, `Write handler '${path}' error:\n${(error as Error).message}`]
    }
  }

  async #check(path: string, what: 'read' | 'write'): Promise<Answer> {
    const refusal = this.#refusal(path, what)
    if (refusal?.[0] === 530)
      return [511, `Handler '${path}' not ${what === 'read' ? 'readable' : 'writable'}`]
    if (refusal !== null) return refusal
    const denied = what === 'write' ? this.#denied(path) : null
    return denied ?? [200, `${what === 'read' ? 'Read' : 'Write'} handler '${path}' OK`]
  }

  async #llrpc(text: string, data: string): Promise<Answer> {
    const octothorp = text.indexOf('#')
    const name = octothorp < 0 ? text : text.slice(0, octothorp)
    const call = parseLlrpc(octothorp < 0 ? text : text.slice(octothorp + 1))
    if (call === null) return [500, `Syntax error in LLRPC name '${text}'`]
    const missing = this.#refusal(`${name}.name`, 'read')
    if (missing !== null) return missing
    if (!call.isFlat) return [501, `Cannot call LLRPC '${text}' remotely`]
    const denied = this.#denied(text)
    if (denied !== null) return denied
    if (call.takes && data.length !== call.size)
      return [522, `LLRPC '${text}' requires ${call.size} bytes input data`]
    try {
      const element = this.#router().readHandler(this.#target(`${name}.name`))
      return [200, `LLRPC '${text}' OK`, callLlrpc(this.#router(), element, call.number, data)]
    } catch (error) {
      return [522, `LLRPC '${text}' error: ${(error as Error).message}`]
    }
  }

  #denied(path: string): Answer | null {
    return this.#settings.readonly ? [530, `Permission denied for '${path}'`] : null
  }

  /** The path that a client's path stands for. */
  #target(path: string): string {
    const { proxy } = this.#settings
    return proxy === '' ? path : `${proxy}.${path}`
  }

  /** Why a handler cannot be called; null: it can. */
  #refusal(path: string, what: 'read' | 'write'): Answer | null {
    const { proxy } = this.#settings
    const info = this.#router().findHandler(this.#target(path))
    if (info.found !== 'handler' && proxy !== '') return [511, `No proxied handler named '${path}'`]
    const dot = path.indexOf('.')
    const element = path.slice(0, Math.max(dot, 0))
    if (info.found === 'no element' && element !== '0')
      return [510, `No element named '${element}'`]
    if (info.found !== 'handler' || info.private) return [511, `No handler named '${path}'`]
    if (info[what]) return null
    return [530, `Handler '${path}' ${what === 'read' ? 'write-only' : 'read-only'}`]
  }

  /** All lines but the last have a hyphen behind the code. */
  #answer([code, text, data]: Answer): void {
    const lines = text.split('\n')
    const last = lines.length - 1
    let out = lines.map((line, i) => `${code}${i < last ? '-' : ' '}${line}\r\n`).join('')
    if (data !== undefined) out += `DATA ${data.length}\r\n${data}`
    this.#send(out)
  }

  #send(text: string): void {
    this.#write(Buffer.from(text, 'latin1'))
  }
}

const HELP = `Commands supported:
  READ handler [arg...]     call read handler, return result
  READDATA handler len      call read handler with len data bytes
  READUNTIL handler term    call read handler with data up to the line term
  WRITE handler [arg...]    call write handler
  WRITEDATA handler len     call write handler with len data bytes
  WRITEUNTIL handler term   call write handler with data up to the line term
  CHECKREAD handler         check if read handler is valid
  CHECKWRITE handler        check if write handler is valid
  LLRPC elt#number [len]    call LLRPC with len data bytes
  QUIT                      close connection`

/** What is behind the first two words of a line, without blanks around. */
function behind(line: string): string {
  return /^\s*\S+\s+\S+\s+(\S[\s\S]*?)\s*$/.exec(line)?.[1] ?? ''
}

/** A number of bytes; null: it is none. */
function countOf(text: string): number | null {
  const count = parseInteger(text)
  return count === null || count < 0 ? null : count
}

function answer(code: number, text: string): Promise<Answer> {
  return Promise.resolve([code, text])
}

function wrongNumber(): Promise<Answer> {
  return answer(500, 'Wrong number of arguments')
}
