// One connection of a ControlSocket: Click's protocol, version 1.3.
//
// Bytes come in as they come; commands are taken off in order, each when all of it is there, and
// answered in order: while a handler takes its time, the next command waits.

import type { HandlerInfo, RouterServices } from '../../dataplane/element.ts'
import { LLRPC } from './llrpc.ts'

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

export class ControlSession {
  readonly #router: () => RouterServices
  readonly #readonly: boolean
  readonly #write: (bytes: Buffer) => void
  #input = ''
  /** The last line ended with CR: an LF that comes now belongs to it. */
  #afterReturn = false
  #pending: Pending | null = null
  #ended = false
  #open = true
  #work: Promise<void> = Promise.resolve()

  constructor(router: () => RouterServices, readonly: boolean, write: (bytes: Buffer) => void) {
    this.#router = router
    this.#readonly = readonly
    this.#write = write
    this.#send(GREETING)
  }

  /**
   * Takes bytes; resolves when all whole commands are answered: false: the client said good-bye.
   */
  async feed(bytes: string): Promise<boolean> {
    this.#input += bytes
    if (this.#input.length > INPUT_MAX) {
      this.#answer([521, 'Data too big'])
      this.#open = false
    }
    const work = this.#work.then(() => this.#commands())
    this.#work = work
    await work
    return this.#open
  }

  /** No more bytes: a last line counts without its end. */
  finish(): void {
    this.#ended = true
    this.#work = this.#work.then(() => this.#commands())
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
    const line = this.#line()
    if (line === null) return null
    const words = line.trim().split(/\s+/)
    const command = words[0]!.toUpperCase()
    if (command === '') return this.#next()
    return this.#command(command, words, line)
  }

  /** Takes a line off; its end is CR, LF or CRLF. */
  #line(): string | null {
    if (this.#afterReturn && this.#input.startsWith('\n')) this.#input = this.#input.slice(1)
    if (this.#input !== '') this.#afterReturn = false
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

  #data({ run, until }: Pending): Promise<Answer> | null {
    let data: string | null = null
    if (typeof until === 'number') {
      if (this.#input.length < until) return null
      data = this.#input.slice(0, until)
      this.#input = this.#input.slice(until)
    } else data = this.#until(until)
    if (data === null) return null
    this.#pending = null
    return run(data)
  }

  #until(terminator: string): string | null {
    const before = this.#input
    let data = ''
    for (let line = this.#line(); line !== null; line = this.#line()) {
      if (line.trimEnd() === terminator) return data
      data += `${line}\n`
    }
    this.#input = before
    return null
  }

  /** Answers now, or asks for data first (null from `#data` until it is there). */
  #command(command: string, words: string[], line: string): Promise<Answer> | null {
    const [, handler = '', third] = words
    const rest = /^\s*\S+\s+\S+\s?(.*)$/s.exec(line)?.[1] ?? ''
    const number = third === undefined ? Number.NaN : Number(third)
    const count = Number.isInteger(number) && number >= 0 ? number : null
    const few = words.length < 2
    switch (command) {
      case 'READ':
      case 'GET':
        return few ? wrongNumber() : this.#read(handler, rest)
      case 'WRITE':
      case 'SET':
        return few ? wrongNumber() : this.#set(handler, rest)
      case 'READDATA':
        return this.#wait(words.length === 3 ? count : null, (data) => this.#read(handler, data))
      case 'WRITEDATA':
      case 'SETDATA':
        return this.#wait(words.length === 3 ? count : null, (data) => this.#set(handler, data))
      case 'READUNTIL':
        return this.#wait(few ? null : (third ?? ''), (data) => this.#read(handler, data))
      case 'WRITEUNTIL':
        return this.#wait(few ? null : (third ?? ''), (data) => this.#set(handler, data))
      case 'CHECKREAD':
      case 'CHECKWRITE':
        if (words.length !== 2) return wrongNumber()
        return this.#check(handler, command === 'CHECKREAD' ? 'read' : 'write')
      case 'LLRPC':
        return few ? wrongNumber() : this.#wait(count ?? 0, (data) => this.#llrpc(handler, data))
      case 'HELP':
        return Promise.resolve([200, HELP])
      case 'QUIT':
      case 'CLOSE':
        this.#open = false
        return Promise.resolve([200, 'Goodbye!'])
      default:
        return Promise.resolve([501, `Command '${words[0]}' unimplemented`])
    }
  }

  #wait(until: number | string | null, run: Pending['run']): Promise<Answer> | null {
    if (until === null) return wrongNumber()
    this.#pending = { run, until }
    return this.#data(this.#pending)
  }

  async #read(path: string, arg: string): Promise<Answer> {
    const info = this.#info(path)
    const refusal = refused(info, path, 'read')
    if (refusal !== null) return refusal
    try {
      const data = this.#router().readHandler(path, arg)
      return [200, `Read handler '${info.name}' OK`, data]
    } catch (error) {
      return failed('Read', info, error)
    }
  }

  async #set(path: string, value: string): Promise<Answer> {
    const info = this.#info(path)
    const refusal = refused(info, path, 'write')
    if (refusal !== null) return refusal
    if (this.#readonly) return [530, `Permission denied for write handler '${info.name}'`]
    try {
      await this.#router().writeHandlerLater(path, value)
      return [200, `Write handler '${info.name}' OK`]
    } catch (error) {
      return failed('Write', info, error)
    }
  }

  async #check(path: string, what: 'read' | 'write'): Promise<Answer> {
    const info = this.#info(path)
    const refusal = refused(info, path, what)
    if (refusal !== null) return refusal
    if (what === 'write' && this.#readonly)
      return [530, `Permission denied for write handler '${info.name}'`]
    return [200, `${what === 'read' ? 'Read' : 'Write'} handler '${info.name}' OK`]
  }

  async #llrpc(text: string, data: string): Promise<Answer> {
    const [name = '', number = ''] = text.split('#')
    if (this.#router().element(name) === null) return [510, `No element named '${name}'`]
    const call = LLRPC.get(Number.parseInt(number, 16))
    if (call === undefined) return [522, `LLRPC '${text}' error: no such LLRPC`]
    try {
      return [200, `LLRPC '${text}' OK`, call(this.#router(), name, data)]
    } catch (error) {
      return [522, `LLRPC '${text}' error: ${(error as Error).message}`]
    }
  }

  #info(path: string): HandlerInfo {
    return this.#router().findHandler(path)
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

function wrongNumber(): Promise<Answer> {
  return Promise.resolve([500, 'Wrong number of arguments'])
}

function refused(info: HandlerInfo, path: string, what: 'read' | 'write'): Answer | null {
  if (info.found === 'no element')
    return [510, `No element named '${path.slice(0, Math.max(path.indexOf('.'), 0))}'`]
  if (info.found === 'no handler' || (info.private && what === 'read'))
    return [511, `No handler named '${path}'`]
  if (info[what]) return null
  return [530, `Handler '${info.name}' ${what === 'read' ? 'write-only' : 'read-only'}`]
}

function failed(what: string, info: HandlerInfo, error: unknown): Answer {
  const { message } = error as Error
  return [520, `${what} handler '${info.name}' error:\n${message}`]
}
