// The schema of a state: what two replicas compare before one takes the other's rows. Plain data
// that travels in messages.

import { createHash } from 'node:crypto'
import type {
  CellDecl,
  Columns,
  ColumnType,
  Merge,
  Scope,
  StateDecl,
  TableDecl,
} from './declare.ts'

export interface SchemaColumn {
  readonly name: string
  readonly type: ColumnType
  readonly key: boolean
}

export interface StateSchema {
  readonly element: string
  readonly className: string
  readonly state: string
  readonly kind: 'table' | 'cell' | 'packets'
  readonly scope: Scope
  readonly merge: Merge | null
  readonly version: number
  /** In declared order, key columns first. */
  readonly columns: readonly SchemaColumn[]
  /** 16 hex digits; equal: rows can be copied as they are. */
  readonly fingerprint: string
  readonly capacity: number
  /** Earlier versions whose rows this side can bring up to its own. */
  readonly upgradesFrom: readonly number[]
  /** Earlier versions that this side can bring its own rows down to. */
  readonly downgradesTo: readonly number[]
  /** Other states that this one takes, as `Class.state`, and their versions. */
  readonly takes?: Readonly<Record<string, readonly TakenSchema[]>>
}

export interface TakenSchema {
  readonly version: number
  /** Rows are taken as they are. */
  readonly asIs: boolean
}

/** `Class.state`: how declarations name a state. */
export function kindOf(s: Pick<StateSchema, 'className' | 'state'>): string {
  return `${s.className}.${s.state}`
}

/** `element.state`: how people and findings name a state. */
export function stateId(s: Pick<StateSchema, 'element' | 'state'>): string {
  return `${s.element}.${s.state}`
}

export function schemaOf(
  element: string,
  className: string,
  state: string,
  decl: StateDecl,
  capacity: number,
): StateSchema {
  if (decl.kind === 'packets') {
    const shape = { kind: decl.kind, scope: 'flow' as const, version: 1, columns: [] }
    return {
      element,
      className,
      state,
      ...shape,
      merge: null,
      fingerprint: fingerprintOf(shape),
      capacity,
      upgradesFrom: [],
      downgradesTo: [],
    }
  }
  const columns = [
    ...(decl.kind === 'table' ? columnsOf(decl.key, true) : []),
    ...columnsOf(decl.row, false),
  ]
  const shape = { kind: decl.kind, scope: decl.scope, version: decl.version, columns }
  return {
    element,
    className,
    state,
    ...shape,
    merge: decl.merge ?? null,
    fingerprint: fingerprintOf(shape),
    capacity,
    upgradesFrom: chain(decl.version, decl.upgrade),
    downgradesTo: chain(decl.version, decl.downgrade),
    ...(decl.takes === undefined ? {} : { takes: takenBy(decl) }),
  }
}

function takenBy({ version, takes = {} }: TableDecl | CellDecl): StateSchema['takes'] & object {
  const taken = Object.entries(takes).map(([state, versions]) => {
    const list = Object.entries(versions).map(([from, { to, row }]) => ({
      version: Number(from),
      asIs: row === undefined && to === version,
    }))
    return [state, list] as const
  })
  return Object.fromEntries(taken)
}

export function fingerprintOf(
  s: Pick<StateSchema, 'kind' | 'scope' | 'version' | 'columns'>,
): string {
  const text = [
    s.kind,
    s.scope,
    s.version,
    ...s.columns.map((c) => `${c.key ? '*' : ''}${c.name}:${c.type}`),
  ].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function columnsOf(columns: Columns, key: boolean): SchemaColumn[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type, key }))
}

/** Versions below `version` that an unbroken chain of steps links with it. */
function chain(version: number, steps: Readonly<Record<number, unknown>> | undefined): number[] {
  const found: number[] = []
  for (let v = version - 1; v >= 1 && steps?.[v] !== undefined; v--) found.push(v)
  return found
}
