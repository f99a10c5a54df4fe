// What grows without bound in a configuration ends with one finding, and soon.

import test from 'ava'
import { errors } from './helpers.ts'

const doubling = (levels: number) =>
  Array.from({ length: levels }, (_, i) =>
    i === 0 ? 'elementclass C0 { Idle }' : `elementclass C${i} { C${i - 1}; C${i - 1} }`,
  ).join('\n')

const chained = (levels: number) =>
  Array.from(
    { length: levels },
    (_, i) => `elementclass D${i} { ${i ? `D${i - 1}` : 'Idle'} }`,
  ).join('')

/** Variables each of which holds the next a hundred times. */
const nested = (levels: number) =>
  Array.from({ length: levels }, (_, i) => `$v${i} ${`$v${i + 1}`.repeat(100)}`).join(', ')

const CASES: Record<string, [text: string, message: RegExp]> = {
  'elements in elements': [`${doubling(40)} C39`, /too many elements/],
  'a chain of classes': [`${chained(100)} D99`, /nest deeper than 64/],
  braces: ['{'.repeat(10_000), /maximum nesting depth/],
  groups: ['('.repeat(10_000), /maximum nesting depth/],
  'port numbers': ['a :: Idle [0-4000000000] => [0-4000000000] a', /too many ports/],
  connections: [`a :: Idle; ${'a [0-9999] => [0-9999] a;'.repeat(20)}`, /too many/],
  variables: [`define(${nested(9)}) P($v0)`, /expand to over/],
  'empty variables': [`define($v8 '', ${nested(8)}) P($v0)`, /expand to over/],
  'a variable that is itself': ['define($a $a) P($a)', /^$/],
  parameters: [`elementclass F { ${'$a,'.repeat(500)} | }`, /too many parameters/],
  overloads: [
    `elementclass F { $a | } ${'elementclass F { $a | || ... }'.repeat(200)} F`,
    /too many overloaded/,
  ],
  'a circle of tunnels': ['a :: { -> } -> b :: { -> } -> a', /^$/],
  'into a circle of tunnels': ['Idle -> a :: { -> } -> b :: { -> } -> a', /^$/],
  'long names': [`${'n'.repeat(5000)} :: Idle`, /identifier is longer/],
  'unclosed brackets': [`P(${'$('.repeat(20_000)}${')'.repeat(20_000)})`, /^$/],
}

for (const [name, [text, message]] of Object.entries(CASES)) {
  test(name, (t) => {
    const found = errors(text).join('\n')
    t.regex(found, message)
  })
}

test('findings beyond the limit are counted', (t) => {
  const all = errors(';'.concat(' ] '.repeat(1000)))
  t.is(all.length, 201)
  t.is(all.at(-1), ': 800 more errors')
})
