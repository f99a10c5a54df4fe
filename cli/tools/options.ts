// Command lines of Click's tools: options may follow the file, short ones may be run together,
// long ones may be cut to what is unique, and values come after a blank or '='. What is found is
// kept in order, since for some tools the order counts.

export interface ToolOption {
  readonly long: string
  readonly short?: string
  /** Name of the value in the help text; not given: it takes none. */
  readonly value?: string
  readonly help: string
  /** `--no-…` is accepted. */
  readonly negatable?: boolean
}

/** What is wrong with the command line. */
export class UsageError extends Error {}

/** An option, or (`option` '') a plain argument. */
export interface Given {
  readonly option: string
  readonly value: string
  readonly negated: boolean
}

/** Throws UsageError. */
export function parseToolOptions(argv: readonly string[], options: readonly ToolOption[]): Given[] {
  const given: Given[] = []
  const rest = [...argv]
  const plain = (value: string) => given.push({ option: '', value, negated: false })
  while (rest.length > 0) {
    const word = rest.shift()!
    if (word === '--') for (const one of rest.splice(0)) plain(one)
    else if (word.startsWith('--')) given.push(long(word.slice(2), rest, options))
    else if (word.startsWith('-') && word !== '-') given.push(...short(word, rest, options))
    else plain(word)
  }
  return given
}

function long(word: string, rest: string[], options: readonly ToolOption[]): Given {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  const { option, negated } = findLong(name, options)
  if (option.value === undefined) {
    if (equals >= 0) throw new UsageError(`'--${option.long}' can't take an argument`)
    return { option: option.long, value: '', negated }
  }
  const value = equals < 0 ? needed(`--${option.long}`, rest) : word.slice(equals + 1)
  return { option: option.long, value, negated }
}

function findLong(name: string, options: readonly ToolOption[]) {
  const exact = options.find((o) => o.long === name)
  if (exact !== undefined) return { option: exact, negated: false }
  const found = options.flatMap((option) => {
    const forms = option.long.startsWith(name) ? [{ option, negated: false }] : []
    if (option.negatable && `no-${option.long}`.startsWith(name))
      forms.push({ option, negated: true })
    return forms
  })
  if (found.length === 1) return found[0]!
  if (found.length === 0) throw new UsageError(`unrecognized option '--${name}'`)
  const names = found.map((f) => `'--${f.negated ? 'no-' : ''}${f.option.long}'`).join(', ')
  throw new UsageError(`option '--${name}' is ambiguous\n(Possibilities are ${names}.)`)
}

function short(word: string, rest: string[], options: readonly ToolOption[]): Given[] {
  const given: Given[] = []
  for (let i = 1; i < word.length; i++) {
    const option = options.find((o) => o.short === word[i])
    if (option === undefined) throw new UsageError(`unrecognized option '-${word[i]}'`)
    if (option.value === undefined) {
      given.push({ option: option.long, value: '', negated: false })
      continue
    }
    const value = i + 1 < word.length ? word.slice(i + 1) : needed(`-${word[i]}`, rest)
    given.push({ option: option.long, value, negated: false })
    break
  }
  return given
}

function needed(name: string, rest: string[]): string {
  const value = rest.shift()
  if (value === undefined) throw new UsageError(`'${name}' requires an argument`)
  return value
}

/** The options as `--help` lists them. */
export function optionsHelp(options: readonly ToolOption[]): string {
  const left = options.map(({ short: s, long: l, value, negatable }) => {
    const name = `${negatable ? '[no-]' : ''}${l}`
    return `${s === undefined ? '    ' : `-${s}, `}--${name}${value === undefined ? '' : ` ${value}`}`
  })
  const width = Math.max(...left.map((text) => text.length))
  return options.map(({ help }, i) => `  ${left[i]!.padEnd(width)}  ${help}\n`).join('')
}
