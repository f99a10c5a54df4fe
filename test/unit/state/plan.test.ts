// What a move is allowed to do with state, and what people are told where it is not.

import test from 'ava'
import { cell, table } from '../../../dataplane/declare.ts'
import { type StateSchema, schemaOf } from '../../../dataplane/schema.ts'
import { type PlanOptions, planTransfer } from '../../../dataplane/state-plan.ts'
import { isUnnamed } from '../../../dataplane/state-unnamed.ts'

interface Shape {
  readonly element?: string
  readonly className?: string
  readonly state?: string
  readonly version?: number
  readonly scope?: 'flow' | 'local'
  readonly row?: Record<string, 'i32' | 'u8'>
  readonly up?: readonly number[]
  readonly down?: readonly number[]
  readonly capacity?: number
}

function schema(s: Shape = {}): StateSchema {
  const steps = (of: readonly number[] = []) =>
    Object.fromEntries(of.map((v) => [v, (r: object) => r]))
  const decl = table({
    version: s.version ?? 1,
    scope: s.scope ?? 'flow',
    reason: 'a test',
    key: { k: 'i32' },
    row: s.row ?? { v: 'i32' },
    capacity: 10,
    upgrade: steps(s.up) as never,
    downgrade: steps(s.down) as never,
  })
  return schemaOf(
    s.element ?? 'nat',
    s.className ?? 'NAT',
    s.state ?? 'flows',
    decl,
    s.capacity ?? 10,
  )
}

function findings(from: StateSchema[], to: StateSchema[], options: PlanOptions = {}): string[] {
  const result = planTransfer(from, to, options)
  return result.ok ? [] : result.findings.map((f) => `${f.where}: ${f.message}`)
}

function convertAt(from: Shape, to: Shape): string {
  const result = planTransfer([schema(from)], [schema(to)])
  return result.ok ? result.plan.entries[0]!.convertAt : result.findings[0]!.message
}

test('who converts', (t) => {
  t.is(convertAt({}, {}), 'none')
  t.is(convertAt({}, { version: 2, up: [1] }), 'target')
  t.is(convertAt({ version: 1 }, { version: 3, up: [1, 2] }), 'target')
  t.is(convertAt({ version: 3, up: [1, 2], down: [1, 2] }, {}), 'source')
})

test('a gap in the chain is refused, with the versions that can be taken', (t) => {
  t.regex(
    convertAt({}, { version: 3, up: [2] }),
    /no upgrade path from version 1 to 3.*version 2\b/,
  )
  t.regex(
    convertAt({ version: 3, down: [2] }, {}),
    /no downgrade path from version 3 to 1.*version 2\b/,
  )
  t.regex(convertAt({ version: 2 }, {}), /no downgrade path.*no other version.*--discard nat.flows/)
})

test('columns that changed without a new version are named', (t) => {
  t.regex(
    convertAt({}, { row: { v: 'u8', w: 'i32' } }),
    /-v i32, \+v u8, \+w i32.*raise the version/,
  )
})

test('a renamed element: the finding says how to map it, and mapping it works', (t) => {
  const from = [schema()]
  const to = [schema({ element: 'translator' })]
  t.regex(findings(from, to)[0]!, /nat\.flows: .*--map nat=translator.*--discard nat\.flows/)
  t.deepEqual(findings(from, to, { map: { nat: 'translator' } }), [])
  t.regex(findings(from, [], {})[0]!, /--map nat=NEW/)
})

test('another class under the same name needs the word', (t) => {
  const to = [schema({ className: 'NAT64' })]
  t.regex(findings([schema()], to)[0]!, /was a NAT and is a NAT64 now.*--map nat=nat/)
  t.deepEqual(findings([schema()], to, { map: { nat: 'nat' } }), [])
})

test('state can be given up by element or by state', (t) => {
  const from = [schema(), schema({ state: 'more' })]
  t.is(findings(from, []).length, 2)
  t.is(findings(from, [], { discard: ['nat.more'] }).length, 1)
  const all = planTransfer(from, [], { discard: ['nat'] })
  t.true(all.ok)
  t.deepEqual(all.ok && all.plan.discarded, ['nat.flows', 'nat.more'])
})

test('local state neither moves nor refuses; new state starts empty', (t) => {
  const from = [schema({ scope: 'local' })]
  const result = planTransfer(from, [schema({ element: 'new' })])
  t.deepEqual(result, { ok: true, plan: { entries: [], discarded: [] } })
})

test('a changed scope is refused', (t) => {
  t.regex(
    findings([schema()], [schema({ scope: 'local' })])[0]!,
    /had scope flow and has scope local/,
  )
})

test('more rows than the target may hold are refused before the move', (t) => {
  const to = [schema({ capacity: 5 })]
  t.deepEqual(findings([schema()], to, { sizes: { 'nat.flows': 5 } }), [])
  t.regex(
    findings([schema()], to, { sizes: { 'nat.flows': 6 } })[0]!,
    /holds 6 rows.*room for 5: raise its capacity/,
  )
})

test('words that name nothing are findings too, and all come at once', (t) => {
  const found = findings([schema()], [schema()], {
    map: { nut: 'nat', nat: 'not' },
    discard: ['nit', 'constructor'],
  })
  t.is(found.length, 5)
  t.regex(found.join('\n'), /--map nut=nat: the running version has no element nut/)
  t.regex(found.join('\n'), /--map nat=not: the new version has no element not/)
  t.regex(found.join('\n'), /--discard nit: .*it has nat\.flows/)
  t.regex(found.join('\n'), /nat\.flows: not has no state 'flows'/)
})

test('two states cannot go into one', (t) => {
  const from = [schema(), schema({ element: 'nat2' })]
  t.regex(findings(from, [schema()], { map: { nat2: 'nat' } })[0]!, /nat2\.flows: .*map one only/)
})

test('an element called like a property of every object is not taken for mapped', (t) => {
  const s = [schema({ element: 'constructor' })]
  t.deepEqual(findings(s, s, { map: {}, sizes: {} }), [])
})

test('the fingerprint follows kind, scope, version, and columns in order', (t) => {
  const prints = [
    schema(),
    schema({ version: 2 }),
    schema({ scope: 'local' }),
    schema({ row: { v: 'u8' } }),
    schema({ row: { w: 'i32' } }),
    schema({ row: { v: 'i32', w: 'i32' } }),
    schema({ row: { w: 'i32', v: 'i32' } }),
  ].map((s) => s.fingerprint)
  t.is(new Set(prints).size, prints.length)
  t.is(schema({ element: 'x', className: 'Y', capacity: 9 }).fingerprint, prints[0]!)
  t.regex(prints[0]!, /^[0-9a-f]{16}$/)
})

test('unnamed elements are told by their order', (t) => {
  const of = (...elements: string[]) =>
    elements.map((element) => schema({ element, className: element.replace(/@.*/, '') }))
  const taken = (from: StateSchema[], to: StateSchema[]) => {
    const result = planTransfer(from, to)
    return result.ok ? result.plan.entries.map((e) => `${e.from.element} ${e.to.element}`) : null
  }
  t.deepEqual(taken(of('Queue@9', 'Queue@13', 'nat'), of('Queue@14', 'nat', 'Queue@5')), [
    'Queue@9 Queue@5',
    'Queue@13 Queue@14',
    'nat nat',
  ])
  // The same number, but one queue more: nobody can tell.
  const [said] = findings(of('Queue@3'), of('Queue@3', 'Queue@5'))
  t.regex(said!, /^Queue@3\.flows: .*no name.*--map Queue@3=Queue@5/)
  t.deepEqual(
    findings(of('Queue@3'), of('Queue@3', 'Queue@5'), { map: { 'Queue@3': 'Queue@5' } }),
    [],
  )
})

test('compounds without a name count as unnamed, and others do not', (t) => {
  t.true(isUnnamed('Net@3/q'))
  t.true(isUnnamed('net/Queue@2'))
  t.false(isUnnamed('net/q'))
  const from = [schema({ element: 'Net@1/q' }), schema({ element: 'Net@2/q' })]
  const to = [schema({ element: 'Net@4/q' }), schema({ element: 'Net@5/q' })]
  const result = planTransfer(from, to)
  t.deepEqual(result.ok && result.plan.entries.map((e) => e.to.element), ['Net@4/q', 'Net@5/q'])
})

test('a cell of an unnamed element is given up by itself, and said', (t) => {
  const row = { made: 'u16' } as const
  const decl = cell({ version: 1, scope: 'shared', merge: 'max', row })
  const made = (element: string) => schemaOf(element, 'ICMPError', 'counts', decl, 1)
  const result = planTransfer([made('ICMPError@3')], [made('ICMPError@3'), made('ICMPError@4')])
  t.deepEqual(result.ok && result.plan, { entries: [], discarded: ['ICMPError@3.counts'] })
  t.is(findings([made('err')], [made('error')]).length, 1)
})
