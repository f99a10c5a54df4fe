// Who takes another class's state, and what people are told: every refusal names the option or the
// step to write.

import test from 'ava'
import { cell, packets, type StateDecl, table } from '../../../dataplane/declare.ts'
import { type StateSchema, schemaOf } from '../../../dataplane/schema.ts'
import { type PlanOptions, planTransfer } from '../../../dataplane/state-plan.ts'

type Takes = Record<string, Record<number, { to: number; row?: (r: never) => never }>>

interface Shape {
  readonly element?: string
  readonly className?: string
  readonly state?: string
  readonly version?: number
  readonly scope?: 'flow' | 'shared'
  readonly row?: Record<string, 'i32' | 'u8'>
  readonly takes?: Takes
}

function tableOf(s: Shape): StateDecl {
  const shared = s.scope === 'shared' ? { merge: 'max' as const } : {}
  return table({
    version: s.version ?? 1,
    scope: s.scope ?? 'flow',
    ...shared,
    key: { k: 'i32' },
    row: s.row ?? { v: 'i32' },
    capacity: 10,
    ...(s.takes === undefined ? {} : { takes: s.takes as never }),
  }) as StateDecl
}

function schema(s: Shape = {}, decl: StateDecl = tableOf(s)): StateSchema {
  return schemaOf(s.element ?? 'nat', s.className ?? 'NAT', s.state ?? 'flows', decl, 10)
}

function findings(from: StateSchema[], to: StateSchema[], options: PlanOptions = {}): string[] {
  const result = planTransfer(from, to, options)
  return result.ok ? [] : result.findings.map((f) => `${f.where}: ${f.message}`)
}

function planned(from: StateSchema[], to: StateSchema[], options: PlanOptions = {}) {
  const result = planTransfer(from, to, options)
  if (!result.ok) throw new Error(JSON.stringify(result.findings))
  return result.plan.entries.map((e) => `${e.from.state} ${e.to.state} ${e.convertAt}`)
}

const same = (r: never) => r
const TAKES: Takes = { 'NAT.flows': { 1: { to: 1, row: same } } }

test('a class that says so takes the old one: no option is needed', (t) => {
  const to = [schema({ className: 'NAT64', takes: TAKES })]
  t.deepEqual(planned([schema()], to), ['flows flows target'])
  const asIs = [schema({ className: 'NAT64', takes: { 'NAT.flows': { 1: { to: 1 } } } })]
  t.deepEqual(planned([schema()], asIs), ['flows flows none'])
})

test('into a state of another name, and of another element by --map', (t) => {
  const to = [schema({ className: 'NAT64', state: 'mappings', takes: TAKES })]
  t.deepEqual(planned([schema()], to), ['flows mappings target'])
  const renamed = [schema({ element: 'x', className: 'NAT64', state: 'mappings', takes: TAKES })]
  t.regex(findings([schema()], renamed)[0]!, /say --map nat=x, or give it up with --discard/)
  t.deepEqual(planned([schema()], renamed, { map: { nat: 'x' } }), ['flows mappings target'])
})

test('a state that was renamed in its class is taken by what says so', (t) => {
  const to = [schema({ state: 'mappings', takes: TAKES }), schema({ state: 'other' })]
  t.deepEqual(planned([schema()], to), ['flows mappings target'])
  t.regex(
    findings([schema()], [schema({ state: 'mappings' })])[0]!,
    /^nat\.flows: nat :: NAT has no state 'flows' any more: .*takes: \{ 'NAT\.flows': \{ 1: .*--discard nat\.flows$/,
  )
})

test('a version that is not taken is named, with the clause to write', (t) => {
  const to = [schema({ className: 'NAT64', takes: TAKES })]
  t.regex(
    findings([schema({ version: 2 })], to)[0]!,
    /nat was a NAT and is a NAT64 now; it takes NAT\.flows of version 1, not of version 2: declare takes: \{ 'NAT\.flows': \{ 2: /,
  )
})

test('a class that says nothing: by --map where the columns are the same, else by a step', (t) => {
  const alike = [schema({ className: 'NAT64' })]
  t.regex(
    findings([schema()], alike)[0]!,
    /columns are the same: if they mean the same.*--map nat=nat/,
  )
  t.deepEqual(planned([schema()], alike, { map: { nat: 'nat' } }), ['flows flows none'])
  const other = [schema({ className: 'NAT64', row: { w: 'i32' } })]
  const [said] = findings([schema()], other, { map: { nat: 'nat' } })
  t.regex(said!, /does not say how it takes NAT\.flows \(-v i32, \+w i32\): declare takes: /)
  t.notRegex(said!, /--map/, 'would not help')
})

test('kind and scope cannot change', (t) => {
  const row = { v: 'i32' } as const
  const one = cell({ version: 1, scope: 'shared', merge: 'sum', row }) as StateDecl
  t.regex(findings([schema()], [schema({}, one)])[0]!, /was a table and is a cell now.*--discard/)
  t.regex(findings([schema({}, one)], [schema()])[0]!, /was a cell and is a table now/)
  t.regex(
    findings([schema()], [schema({ scope: 'shared' })])[0]!,
    /had scope flow and has scope shared now: .*another name starts empty.*--discard nat\.flows/,
  )
})

test('a rule of merging may change', (t) => {
  const of = (merge: 'sum' | 'max') =>
    schema({}, cell({ version: 1, scope: 'shared', merge, row: { v: 'i32' } }) as StateDecl)
  t.deepEqual(planned([of('sum')], [of('max')]), ['flows flows none'])
})

test('two elements that became one: the finding names both ways out', (t) => {
  const from = [schema({ element: 'a' }), schema({ element: 'b' })]
  const [said] = findings(from, [schema({ element: 'x' })], { map: { a: 'x', b: 'x' } })
  t.regex(
    said!,
    /^b\.flows: x\.flows would take this state and a\.flows: map one only .*--discard b\.flows or --discard a\.flows$/,
  )
  t.deepEqual(
    planned(from, [schema({ element: 'x' })], { map: { a: 'x' }, discard: ['b.flows'] }),
    ['flows flows none'],
  )
})

test('two elements may change places', (t) => {
  const both = [schema({ element: 'a' }), schema({ element: 'b' })]
  const result = planTransfer(both, both, { map: { a: 'b', b: 'a' } })
  t.deepEqual(result.ok && result.plan.entries.map((e) => `${e.from.element}${e.to.element}`), [
    'ab',
    'ba',
  ])
})

test('one element that became two: its state goes to one', (t) => {
  const to = [schema({ element: 'x' }), schema({ element: 'y' })]
  t.regex(findings([schema()], to)[0]!, /say --map nat=x, or/)
  t.is(planned([schema()], to, { map: { nat: 'y' } }).length, 1)
})

test('a smaller queue is no reason to refuse, a smaller table is', (t) => {
  const queue = schemaOf('q', 'Queue', 'queue', packets({ capacity: 3 }), 3)
  t.deepEqual(planned([queue], [queue], { sizes: { 'q.queue': 9 } }), ['queue queue none'])
  t.regex(
    findings([schema()], [schema()], { sizes: { 'nat.flows': 11 } })[0]!,
    /holds 11 rows, and nat\.flows of the new version has room for 10: raise its capacity/,
  )
})

test('what is in the way comes all at once', (t) => {
  const from = [schema(), schema({ element: 'gone' }), schema({ element: 'was', version: 2 })]
  const to = [schema({ row: { v: 'u8' } }), schema({ element: 'was', version: 3 })]
  const said = findings(from, to, { map: { none: 'nat' }, discard: ['nothing'] })
  t.is(said.length, 5)
  t.regex(said.join('\n'), /no element none with state; it has nat, gone, was/)
})
