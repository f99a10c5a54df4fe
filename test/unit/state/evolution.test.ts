// Schemas that change, with rows that change while they move: after the move the new version has
// exactly the old version's rows, converted. Each case is a pair of declarations and what is right,
// said apart from them.

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import {
  type Columns,
  type RowData,
  type Step,
  type TableDecl,
  table,
} from '../../../dataplane/declare.ts'
import type { ClickUpError } from '../../../lib/errors.ts'
import {
  type Candidate,
  converted,
  type End,
  type Event,
  end,
  happen,
  planOf,
  rowsOf,
  stream,
} from './evolving.ts'

interface Parts {
  readonly key?: Columns
  readonly row: Columns
  readonly up?: Readonly<Record<number, Step>>
  readonly down?: Readonly<Record<number, Step>>
  readonly takes?: TableDecl['takes']
  readonly scope?: 'flow' | 'shared'
  readonly merge?: 'sum' | 'max' | 'last_writer'
  readonly idle?: string
}

function version(n: number, { key = KEY, row, up, down, idle, merge, ...more }: Parts): TableDecl {
  return table({
    version: n,
    scope: more.scope ?? 'flow',
    ...(merge === undefined ? {} : { merge }),
    key,
    row,
    capacity: 4096,
    ...(idle === undefined ? {} : { expire: { idle, after: 60 } }),
    ...(up === undefined ? {} : { upgrade: up }),
    ...(down === undefined ? {} : { downgrade: down }),
    ...(more.takes === undefined ? {} : { takes: more.takes }),
  }) as TableDecl
}

const KEY = { a: 'u16', b: 'u16' } as const
const num = (x: RowData[string] | undefined) => Number(x)

/** Keys and values out of few, so that they meet. */
const key = fc.tuple(fc.nat(5), fc.nat(5))
const values = fc.record({ n: fc.nat(3), used: fc.integer({ min: 1, max: 900 }) })
const events = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(key, values).map(([k, row]) => put(k, row)) },
    { weight: 2, arbitrary: key.map((k): Event => ({ do: 'remove', key: k })) },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 32, max: 400 }).map((bytes): Event => ({ do: 'chunk', bytes })),
    },
  ),
  { minLength: 20, maxLength: 120 },
)

function put(k: readonly number[], { n, used }: { n: number; used: number }): Event {
  return { do: 'put', key: k, row: { n, used } }
}

const V1 = { row: { n: 'u16', used: 'time' } } as const

interface Case {
  readonly from: TableDecl
  readonly to: TableDecl
  /** The same as the declared steps, written again. */
  readonly right: Step
  readonly keyOf?: (row: RowData) => string
  readonly join?: (a: Candidate, b: Candidate) => Candidate
  readonly fromClass?: string
}

const SAME_KEY = (row: RowData) => `${num(row.a)} ${num(row.b)}`

function holds(t: ExecutionContext, c: Case): void {
  const { from, to, right, keyOf = SAME_KEY, join, fromClass = 'X' } = c
  let rows = 0
  fc.assert(
    fc.property(events, fc.nat(40), (all, before) => {
      // Rows of the source need not be clean: `used` is a time of its clock, which is at 1000.
      const o = end(from, 1000, { className: fromClass })
      const n = end(to, 5e6)
      for (const e of all.slice(0, before)) if (e.do !== 'chunk') happen(o, e)
      const wanted = endOf(from, fromClass, all)
      stream(o, n, all.slice(before))
      t.deepEqual(rowsOf(n), converted(wanted, [right], keyOf, join))
      t.is(o.table.size, 0)
      rows += n.table.size
    }),
    { numRuns: 60, seed: 11, endOnFailure: true },
  )
  t.true(rows > 0)
}

/** The source as it is once everything has happened, without a move. */
function endOf(decl: TableDecl, className: string, all: readonly Event[]): End {
  const e = end(decl, 1000, { className })
  for (const event of all) if (event.do !== 'chunk') happen(e, event)
  return e
}

test('a column is added', (t) =>
  holds(t, {
    from: version(1, V1),
    to: version(2, { row: { ...V1.row, seen: 'u32' }, up: { 1: (r) => ({ ...r, seen: 7 }) } }),
    right: (r) => ({ ...r, seen: 7 }),
  }))

test('a column is dropped', (t) =>
  holds(t, {
    from: version(1, V1),
    to: version(2, { row: { used: 'time' }, up: { 1: ({ n: _n, ...r }) => r } }),
    right: ({ n: _n, ...r }) => r,
  }))

test('columns are widened, one of the key too: keys stay', (t) =>
  holds(t, {
    from: version(1, V1),
    to: version(2, {
      key: { a: 'u32', b: 'u16' },
      row: { n: 'u32', used: 'time' },
      up: { 1: (r) => r },
    }),
    right: (r) => r,
  }))

test('a column is renamed', (t) =>
  holds(t, {
    from: version(1, V1),
    to: version(2, {
      row: { count: 'u16', used: 'time' },
      up: { 1: ({ n, ...r }) => ({ ...r, count: n! }) },
    }),
    right: ({ n, ...r }) => ({ ...r, count: n! }),
  }))

test('versions are skipped: 1 to 3 by two steps', (t) => {
  const twice = {
    1: (r: RowData) => ({ ...r, n: num(r.n) + 1 }),
    2: (r: RowData) => ({ ...r, n: num(r.n) * 2 }),
  }
  holds(t, {
    from: version(1, V1),
    to: version(3, { row: { n: 'u32', used: 'time' }, up: twice }),
    right: (r) => ({ ...r, n: (num(r.n) + 1) * 2 }),
  })
})

test('a downgrade, for a rollback over two versions: the source converts', (t) => {
  const down = {
    1: ({ extra: _e, ...r }: RowData) => r,
    2: ({ more: _m, ...r }: RowData) => ({ ...r, extra: 1 }),
  }
  const from = version(3, { row: { ...V1.row, more: 'u8' }, down })
  t.is(planOf(end(from, 0), end(version(1, V1), 0)).entries[0]!.convertAt, 'source')
  holds(t, { from, to: version(1, V1), right: ({ more: _m, ...r }) => r })
})

test('a step leaves rows behind, as they come to be such and no longer are', (t) => {
  const odd: Step = (r) => (num(r.n) % 2 === 1 ? null : { ...r, extra: 1 })
  const row = { ...V1.row, extra: 'u8' } as const
  holds(t, { from: version(1, V1), to: version(2, { row, up: { 1: odd } }), right: odd })
  const back: Step = ({ extra: _e, ...r }) => (num(r.n) % 2 === 1 ? null : r)
  const from = version(2, { row, down: { 1: back } })
  holds(t, { from, to: version(1, V1), right: ({ extra: _e, ...r }) => back(r) })
})

/** The row that was used last; at the same time, that with the larger old key. */
function later(a: Candidate, b: Candidate): Candidate {
  const order = ({ old }: Candidate) => [num(old.used), num(old.a), num(old.b)]
  const [x, y] = [order(a), order(b)]
  const at = x.findIndex((v, i) => v !== y[i])
  return x[at]! > y[at]! ? a : b
}

const narrow: Step = ({ b: _b, ...r }) => r
const NARROW = { key: { a: 'u16' }, row: V1.row, idle: 'used' } as const

test('a key column goes: of rows that meet the one used last stays, and the other if that goes', (t) => {
  const keyOf = (r: RowData) => String(r.a)
  const to = version(2, { ...NARROW, up: { 1: narrow } })
  holds(t, { from: version(1, V1), to, right: narrow, keyOf, join: later })
  const from = version(2, { ...V1, idle: 'used', down: { 1: narrow } })
  const { idle: _idle, ...plain } = NARROW
  holds(t, { from, to: version(1, plain), right: narrow, keyOf, join: later })
})

test('rows that meet without a time of use: the larger old key stays', (t) => {
  const larger = (x: Candidate, y: Candidate) => {
    const order = ({ old }: Candidate) => num(old.a) * 100 + num(old.b)
    return order(x) > order(y) ? x : y
  }
  holds(t, {
    from: version(1, V1),
    to: version(2, { key: { a: 'u16' }, row: V1.row, up: { 1: narrow } }),
    right: narrow,
    keyOf: (r) => String(r.a),
    join: larger,
  })
})

const byValue: Step = ({ b, n, ...r }) => ({ ...r, n: n!, side: num(n) % 2, rest: b! })
const BY_VALUE = { key: { a: 'u16', side: 'u8' }, row: { ...V1.row, rest: 'u16' } } as const

test('a key made of other columns: a row whose key changes leaves nothing behind', (t) => {
  const keyOf = (r: RowData) => `${num(r.a)} ${num(r.side)}`
  const to = version(2, { ...BY_VALUE, idle: 'used', up: { 1: byValue } })
  holds(t, { from: version(1, V1), to, right: byValue, keyOf, join: later })
  const from = version(2, { ...V1, idle: 'used', down: { 1: byValue } })
  holds(t, { from, to: version(1, BY_VALUE), right: byValue, keyOf, join: later })
})

test('shared counts that meet are added', (t) => {
  const shared = { scope: 'shared', merge: 'sum' } as const
  holds(t, {
    from: version(1, { row: V1.row, ...shared }),
    to: version(2, { key: { a: 'u16' }, row: V1.row, ...shared, up: { 1: narrow } }),
    right: narrow,
    keyOf: (r) => String(r.a),
    join: (x, y) => ({
      ...x,
      row: {
        ...x.row,
        n: num(x.row.n) + num(y.row.n),
        used: Math.max(num(x.row.used), num(y.row.used)),
      },
    }),
  })
})

test('a class was changed: the new one says how it takes the old one, older versions by its own steps', (t) => {
  const flip: Step = (r) => (num(r.n) === 3 ? null : { ...r, a: num(r.b), b: num(r.a) })
  const to = version(2, {
    row: { ...V1.row, extra: 'u8' },
    up: { 1: (r) => ({ ...r, extra: 5 }) },
    takes: { 'Old.rows': { 1: { to: 1, row: flip } } },
  })
  const right: Step = (r) => {
    const made = flip(r)
    return made === null ? null : { ...made, extra: 5 }
  }
  holds(t, { from: version(1, V1), to, right, fromClass: 'Old' })
})

test('a step that throws refuses the move, and the source has every row still', (t) => {
  const bad: Step = (r) => {
    if (num(r.n) === 2) throw new Error('n is 2')
    return { ...r, extra: 0 }
  }
  const row = { ...V1.row, extra: 'u8' } as const
  for (const [from, to] of [
    [version(1, V1), version(2, { row, up: { 1: bad } })],
    [version(2, { row, down: { 1: bad } }), version(1, V1)],
  ] as const) {
    const o = end(from, 1000)
    for (let n = 0; n < 4; n++) happen(o, { do: 'put', key: [n, n], row: { n, used: 1 } })
    const before = rowsOf(o)
    const n = end(to, 2000)
    const error = t.throws<ClickUpError>(() => stream(o, n, []), { code: 'INCOMPATIBLE' })
    t.regex(error.message, /^state x\.rows: a row of version \d could not be made .*: n is 2$/)
    t.regex(error.hint, /mend the steps of X's state 'rows'.*--discard x\.rows/)
    t.deepEqual(rowsOf(o), before)
  }
})

test('a step that gives what does not fit is told by its column', (t) => {
  const o = end(version(1, V1), 1000)
  happen(o, { do: 'put', key: [1, 2], row: { n: 1, used: 1 } })
  const lacks = version(2, { row: { ...V1.row, extra: 'u8' }, up: { 1: (r) => r } })
  t.throws(() => stream(o, end(lacks, 0), []), { message: /column extra: a number is missing/ })
  const moves = version(2, { row: V1.row, up: { 1: (r) => ({ ...r, a: 9 }) } })
  t.throws(() => stream(o, end(moves, 0), []), {
    message: /a step changed key column 'a' \(1 to 9\): give the column another name/,
  })
})

test('declarations whose steps do not make a chain are refused at once', (t) => {
  const same: Step = (r) => r
  const row = V1.row
  const wrong = (parts: Parts, message: RegExp) => t.throws(() => version(3, parts), { message })
  wrong({ row, up: { 1: same } }, /no upgrade step 2: the chain has a gap/)
  wrong({ row, down: { 1: same } }, /no downgrade step 2: the chain has a gap/)
  wrong({ row, up: { 3: same } }, /upgrade step 3: this is version 3/)
  wrong({ row, takes: { Old: { 1: { to: 3 } } } }, /takes 'Old': must be 'Class\.state'/)
  wrong({ row, takes: { 'Old.rows': { 1: { to: 2 } } } }, /no way from version 2 to 3/)
})
