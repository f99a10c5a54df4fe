// The syntax tree of a configuration, as the parser makes it: no names resolved, nothing expanded.

/** Ports in brackets: `[0,2]`, `[0-3]`; `expandable`: the list ends open, as `[]` or `[1,]`. */
export interface PortList {
  readonly ports: readonly number[]
  readonly expandable: boolean
}

/** One definition of a compound element: parameters and statements. */
export interface CompoundBody {
  readonly params: readonly Param[]
  readonly statements: readonly Statement[]
  readonly where: string
}

/** `$name` has keyword '', `KEYWORD $name` its keyword, the rest `__REST__`. */
export interface Param {
  readonly name: string
  readonly keyword: string
  readonly where: string
}

/** `{ … || … || ... }`: overloaded definitions; `extend`: ends in an ellipsis. */
export interface CompoundClass {
  readonly kind: 'compound'
  readonly bodies: readonly CompoundBody[]
  readonly extend: boolean
  readonly where: string
}

export interface NamedClass {
  readonly kind: 'named'
  readonly name: string
  readonly where: string
}

export type ClassExpr = NamedClass | CompoundClass

/** What stands at a place of a connection. */
export type Item =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'compound'; readonly body: CompoundClass }
  | { readonly kind: 'group'; readonly statements: readonly Statement[]; readonly endWhere: string }
  /** `input` or `output` that was left out: `(-> x ->)`. */
  | { readonly kind: 'implicit'; readonly side: 'input' | 'output' }

export interface ElementExpr {
  readonly item: Item
  /** `:: Class`; null: none. */
  readonly decl: ClassExpr | null
  /** Configuration string; null: no parentheses. */
  readonly config: string | null
  readonly inPorts: PortList | null
  readonly outPorts: PortList | null
  readonly where: string
}

export interface Arrow {
  readonly kind: '->' | '=>'
  readonly where: string
}

/** Lists of elements with arrows between: `a, b -> c => d`. */
export interface Chain {
  readonly kind: 'chain'
  readonly lists: readonly (readonly ElementExpr[])[]
  readonly arrows: readonly Arrow[]
  readonly where: string
}

export type Statement =
  | Chain
  | {
      readonly kind: 'elementclass'
      readonly name: string
      /** Null: no class could be read. */
      readonly body: ClassExpr | null
      readonly where: string
    }
  | { readonly kind: 'define'; readonly config: string; readonly where: string }
  | { readonly kind: 'require'; readonly config: string; readonly where: string }
