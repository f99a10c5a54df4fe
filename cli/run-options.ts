// Command line of Click's user-level driver: `click-up run` and deploy/click-bin/click take it as
// it is. Options may follow the file, short ones may be run together (`-qe TEXT`), long ones may be
// cut to what is unique (`--exp`), and values come after a blank, or '='.

import { parseInteger, splitSpaces } from '../lib/click/args.ts'

export interface RunOptions {
  /** File name ('-': standard input), or null where it is `expression`. */
  readonly file: string
  readonly expression: string | null
  readonly handlers: readonly string[]
  readonly exitHandler: string | null
  readonly output: string | null
  readonly quit: boolean
  readonly time: boolean
  readonly warnings: boolean
  readonly reconfigure: boolean
  readonly ports: readonly string[]
  readonly unixSockets: readonly string[]
  /** Folders of libraries, with colons between; null: what the environment says. */
  readonly clickpath: string | null
  /** Where further element classes come from: folders, 'npm:…'. */
  readonly elements: readonly string[]
  /** Descriptors of open control connections. */
  readonly sockets: readonly string[]
  /** Start of the simulated time in seconds; null: real time. */
  readonly simulated: number | null
  /** What opens the interfaces. */
  readonly driver: 'packet' | 'xdp'
  /** The router hands over to a copy of itself after so many packets or handler calls; null: never. */
  readonly chaosUpgrade: number | null
  /** Threads that home threads may be given of; one runs everything. */
  readonly threads: number
  readonly defines: Readonly<Record<string, string>>
  /** Says what to print instead of running. */
  readonly show: 'help' | 'version' | null
}

/** What is wrong with the command line. */
export class UsageError extends Error {}

/** Of them, an option that is none, or its value: told with the program's name. */
export class OptionError extends UsageError {}

type Value = 'none' | 'needed' | 'optional'

interface Option {
  readonly long: string
  readonly short: string
  readonly value: Value
  /** `--no-…` is accepted. */
  readonly negatable?: boolean
}

const OPTIONS: readonly Option[] = [
  { long: 'file', short: 'f', value: 'needed' },
  { long: 'expression', short: 'e', value: 'needed' },
  { long: 'threads', short: 'j', value: 'needed' },
  { long: 'affinity', short: 'a', value: 'optional', negatable: true },
  { long: 'cpu', short: '', value: 'optional', negatable: true },
  { long: 'port', short: 'p', value: 'needed' },
  { long: 'socket', short: '', value: 'needed' },
  { long: 'unix-socket', short: 'u', value: 'needed' },
  { long: 'allow-reconfigure', short: 'R', value: 'none', negatable: true },
  { long: 'handler', short: 'h', value: 'needed' },
  { long: 'exit-handler', short: 'x', value: 'needed' },
  { long: 'output', short: 'o', value: 'needed' },
  { long: 'quit', short: 'q', value: 'none' },
  { long: 'time', short: 't', value: 'none' },
  { long: 'warnings', short: '', value: 'none', negatable: true },
  // Only its short name: the long one is the opposite of --warnings.
  { long: '', short: 'w', value: 'none' },
  { long: 'simtime', short: '', value: 'optional' },
  { long: 'simulation-time', short: '', value: 'optional' },
  { long: 'chaos-upgrade', short: '', value: 'needed' },
  { long: 'driver', short: '', value: 'needed' },
  { long: 'clickpath', short: 'C', value: 'needed' },
  { long: 'elements', short: '', value: 'needed' },
  { long: 'help', short: '', value: 'none' },
  { long: 'version', short: 'v', value: 'none' },
]

export const SIMTIME_START = 1_000_000_000

/** Throws UsageError. */
export function parseRunOptions(argv: readonly string[]): RunOptions {
  const taking = new Taking()
  const rest = [...argv]
  while (rest.length > 0) {
    const word = rest.shift()!
    if (word === '--') {
      for (const one of rest) taking.plain(one)
      break
    } else if (word.startsWith('--')) long(word.slice(2), rest, taking)
    else if (word.startsWith('-') && word !== '-') short(word, rest, taking)
    else taking.plain(word)
  }
  return taking.options()
}

function long(word: string, rest: string[], taking: Taking): void {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  const value = equals < 0 ? null : word.slice(equals + 1)
  const { option, negated } = findLong(name)
  if (option.value === 'none' && value !== null)
    throw new OptionError(`'--${option.long}' can't take an argument`)
  if (option.value === 'needed' && value === null)
    taking.option(option, needed(`--${option.long}`, rest), negated)
  else taking.option(option, value, negated)
}

function findLong(name: string): { option: Option; negated: boolean } {
  const exact = OPTIONS.find((o) => o.long === name)
  if (exact !== undefined) return { option: exact, negated: false }
  const positive = name.startsWith('no-') ? name.slice(3) : null
  const starting = (text: string, negated: boolean) =>
    OPTIONS.filter((o) => o.long.startsWith(text) && (!negated || o.negatable === true)).map(
      (option) => ({ option, negated }),
    )
  const found = [...starting(name, false), ...(positive === null ? [] : starting(positive, true))]
  if (found.length === 1) return found[0]!
  if (found.length === 0) throw new OptionError(`unrecognized option '--${name}'`)
  const names = found.map((f) => `'--${f.negated ? 'no-' : ''}${f.option.long}'`).join(', ')
  throw new OptionError(`option '--${name}' is ambiguous (could be ${names})`)
}

function short(word: string, rest: string[], taking: Taking): void {
  for (let i = 1; i < word.length; i++) {
    const option = OPTIONS.find((o) => o.short === word[i])
    if (option === undefined) throw new OptionError(`unrecognized option '-${word[i]}'`)
    if (option.value === 'none') {
      taking.option(option, null, false)
      continue
    }
    const attached = word.slice(i + 1)
    if (attached !== '') taking.option(option, attached, false)
    else if (option.value === 'optional') taking.option(option, null, false)
    else taking.option(option, needed(`-${word[i]}`, rest), false)
    return
  }
}

function needed(name: string, rest: string[]): string {
  const value = rest.shift()
  if (value === undefined) throw new OptionError(`'${name}' requires an argument`)
  return value
}

/** Options as they are found. */
class Taking {
  #file: string | null = null
  #expression: string | null = null
  #output: string | null = null
  #exitHandler: string | null = null
  #simulated: number | null = null
  #chaosUpgrade: number | null = null
  #threads = 1
  #driver: RunOptions['driver'] = 'packet'
  #show: 'help' | 'version' | null = null
  readonly #flags = { quit: false, time: false, warnings: true, reconfigure: false }
  readonly #handlers: string[] = []
  readonly #ports: string[] = []
  readonly #unixSockets: string[] = []
  readonly #sockets: string[] = []
  readonly #elements: string[] = []
  #clickpath: string | null = null
  readonly #defines: Record<string, string> = {}

  plain(word: string): void {
    const define = /^(\w+)=([\s\S]*)$/.exec(word)
    if (define === null) this.#configuration(word, null)
    else if (Object.hasOwn(this.#defines, define[1]!))
      throw new UsageError(`parameter '${define[1]}' multiply defined`)
    else this.#defines[define[1]!] = define[2]!
  }

  option(option: Option, value: string | null, negated: boolean): void {
    switch (option.long) {
      case 'file':
        this.#configuration(value!, null)
        return
      case 'expression':
        this.#configuration('-', value!)
        return
      case 'output':
        if (this.#output !== null) throw new UsageError('output file specified twice')
        this.#output = value
        return
      case 'exit-handler':
        if (this.#exitHandler !== null) throw new UsageError('--exit-handler specified twice')
        this.#exitHandler = value
        return
      case 'handler':
        this.#handlers.push(value!)
        return
      case 'port':
        this.#ports.push(portNumber(value!))
        return
      case 'clickpath':
        this.#clickpath = value
        return
      case 'elements':
        this.#elements.push(value!)
        return
      case 'socket':
        this.#sockets.push(String(integer('--socket', value!)))
        return
      case 'affinity':
      case 'cpu':
        if (value !== null) integer(`--${option.long}`, value)
        return
      case 'unix-socket':
        this.#unixSockets.push(value!)
        return
      case 'simtime':
      case 'simulation-time':
        this.#simulated = value === null ? SIMTIME_START : number('--simtime', value)
        return
      case 'chaos-upgrade':
        this.#chaosUpgrade = positive('--chaos-upgrade', value!)
        return
      case 'driver':
        if (value !== 'packet' && value !== 'xdp')
          throw new OptionError(`'--driver' expects 'packet' or 'xdp', not '${value}'`)
        this.#driver = value
        return
      case 'threads':
        this.#threads = positive('--threads', value!)
        return
      case 'help':
      case 'version':
        this.#show = option.long
        return
      default:
        this.#flag(option.long, !negated)
    }
  }

  #flag(name: string, on: boolean): void {
    if (name === 'quit') this.#flags.quit = on
    else if (name === 'time') this.#flags.time = on
    else if (name === 'warnings') this.#flags.warnings = on
    else if (name === '') this.#flags.warnings = !on
    else if (name === 'allow-reconfigure') this.#flags.reconfigure = on
  }

  #configuration(file: string, expression: string | null): void {
    if (this.#file !== null) throw new UsageError('router configuration specified twice')
    this.#file = file
    this.#expression = expression
  }

  options(): RunOptions {
    return {
      file: this.#file ?? '-',
      expression: this.#expression,
      handlers: this.#handlers,
      exitHandler: this.#exitHandler,
      output: this.#output,
      ...this.#flags,
      ports: this.#ports,
      unixSockets: this.#unixSockets,
      sockets: this.#sockets,
      clickpath: this.#clickpath,
      elements: this.#elements,
      simulated: this.#simulated,
      driver: this.#driver,
      chaosUpgrade: this.#chaosUpgrade,
      threads: this.#threads,
      defines: this.#defines,
      show: this.#show,
    }
  }
}

/** A TCP port, or `PORT+`: that one or the next that is free. */
function portNumber(text: string): string {
  const m = /^(\d+)\+?$/.exec(text)
  const port = m === null ? 0 : Number(m[1])
  if (port > 0 && port < 65_536) return text
  throw new OptionError(`'--port' expects a TCP port number, not '${text}'`)
}

function positive(option: string, text: string): number {
  const value = number(option, text)
  if (Number.isInteger(value) && value > 0) return value
  throw new OptionError(`'${option}' expects an integer from 1, not '${text}'`)
}

function number(option: string, text: string): number {
  const value = Number(splitSpaces(text)[0] ?? 'none')
  if (Number.isFinite(value)) return value
  throw new OptionError(`'${option}' expects a number, not '${text}'`)
}

function integer(option: string, text: string): number {
  const value = parseInteger(text)
  if (value !== null) return value
  throw new OptionError(`'${option}' expects an integer, not '${text}'`)
}
