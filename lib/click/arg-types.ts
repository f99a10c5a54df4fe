// Types of an element's configuration arguments, shared by the language (lib/click/args.ts, which
// parses them) and the dataplane (dataplane/element.ts, where authors declare them). They live here
// because lib never imports from dataplane.

/** One keyword of a configuration. lib/click/args.ts says what each type accepts. */
export interface Arg<T> {
  readonly type: string
  readonly default: T | undefined
  /** May also be given by position; positions follow the order of declaration. */
  readonly positional: boolean
  readonly mandatory: boolean
  /** Phantom: the type of the parsed value. */
  readonly value?: T
}

export type ConfigDecl = Readonly<Record<string, Arg<unknown>>>

export type ConfigValues<C> = {
  readonly [K in keyof C]: C[K] extends Arg<infer T> ? T : never
}

export type AddressKind = 'ip' | 'ipnet' | 'ip6' | 'ip6net' | 'eth' | 'tcpport' | 'udpport' | 'anno'

export interface AddressTable {
  /** Text of the address of a kind that a name stands for; null: unknown. */
  lookup(name: string, kind: AddressKind): string | null
}

/** Collects configuration errors; all are reported together, with the element's file and line. */
export interface ErrorContext {
  error(message: string): void
  warning(message: string): void
  /** Neither error nor warning; shown with the warnings. */
  message?(text: string): void
}

/** What `parseArgs` needs to know besides the arguments. */
export interface ArgsContext extends ErrorContext {
  readonly addresses: AddressTable
  /** Other element by name, for arguments that name one; not given: names are not checked. */
  find?(name: string): { readonly name: string } | null
}
