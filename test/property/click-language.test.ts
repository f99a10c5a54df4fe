// Properties of the configuration language: what is printed parses back to the same graph, and no
// text whatever makes the parser throw or hang.

import test from 'ava'
import fc from 'fast-check'
import { resolveGraph } from '../../dataplane/graph.ts'
import { type FlatGraph, parseConfig, unparse } from '../../lib/click/index.ts'

/** `make fuzz` style runs set a longer time; on its own each property is bounded by this. */
const LIMIT_MS = Number(process.env.FUZZ_MS ?? 2000)
const bounded = {
  numRuns: 100_000,
  interruptAfterTimeLimit: LIMIT_MS,
  markInterruptAsFailure: false,
}

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,3}$/)
const className = fc.constantFrom('Idle', 'Null', 'Queue', 'Tee', 'A@b', 'X_1')
const argument = fc.oneof(
  fc.constantFrom(
    '1',
    'x y',
    '"a, b)"',
    "'q (('",
    'KEY 3',
    '(in, side)',
    '\\<0a 29>',
    '/* c */ 4',
    '',
  ),
  fc.stringMatching(/^[\w ."]*$/).filter((s) => (s.match(/"/g) ?? []).length % 2 === 0),
)
const config = fc.array(argument, { maxLength: 3 }).map((args) => args.join(', '))
const port = fc.integer({ min: 0, max: 5 })

interface Written {
  readonly elements: readonly { name: string; className: string; config: string }[]
  readonly links: readonly { from: number; fromPort: number; to: number; toPort: number }[]
}

const written: fc.Arbitrary<Written> = fc
  .uniqueArray(fc.record({ name, className, config }), { selector: (e) => e.name, minLength: 1 })
  .chain((elements) => {
    const index = fc.nat(elements.length - 1)
    const link = fc.record({ from: index, fromPort: port, to: index, toPort: port })
    return fc.record({ elements: fc.constant(elements), links: fc.array(link) })
  })

function textOf({ elements, links }: Written): string {
  const declared = elements.map((e) => `${e.name} :: ${e.className}(${e.config});`)
  const connected = links.map(
    (l) => `${elements[l.from]!.name} [${l.fromPort}] -> [${l.toPort}] ${elements[l.to]!.name};`,
  )
  return [...declared, ...connected].join('\n')
}

/** A graph without the places that findings name. */
function meaning(graph: FlatGraph) {
  return {
    elements: graph.elements.map(({ where: _, ...rest }) => rest),
    connections: graph.connections.map(({ where: _, ...rest }) => rest),
    requirements: graph.requirements,
  }
}

test('what is printed parses back to the same graph', (t) => {
  fc.assert(
    fc.property(written, (config) => {
      const first = parseConfig(textOf(config))
      t.deepEqual(first.errors, [])
      const again = parseConfig(unparse(first.graph))
      t.deepEqual(again.errors, [])
      t.deepEqual(meaning(again.graph), meaning(first.graph))
    }),
    { ...bounded, numRuns: 400 },
  )
  t.pass()
})

test('a graph has the elements and connections that were written', (t) => {
  fc.assert(
    fc.property(written, (config) => {
      const { graph } = parseConfig(textOf(config))
      t.deepEqual(
        graph.elements.map((e) => [e.name, e.className, e.config]),
        config.elements.map((e) => [e.name, e.className, e.config]),
      )
      const keys = config.links.map((l) => `${l.from}.${l.fromPort}-${l.to}.${l.toPort}`)
      const found = graph.connections.map((c) => `${c.from}.${c.fromPort}-${c.to}.${c.toPort}`)
      t.deepEqual(found.toSorted(), [...new Set(keys)].toSorted())
    }),
    { ...bounded, numRuns: 400 },
  )
  t.pass()
})

/** Configurations with everything in them, to be broken. */
const VALID = [
  `define($dev eth0, $n 3)
require(package one, compact_config)
elementclass Two { $a, KEY $k, __REST__ $r |
  input -> n :: Null($a, \${k-none}, "$r") -> output;
  input [1] -> Queue(\${a[0]}) -> [1] output
|| input -> output || ... }
# 12 "other.click"
a, b :: Idle; /* comment */ c :: { [0] -> [0]; -> Null -> [1] output; }
a [0-2] => [1] c [1], ( -> Null => ( -> ) ), b // end
InfiniteSource(DATA \\<00 01 /* , */ 02>, LIMIT 1, 'x)') -> Two(1, KEY 2) => Discard, Discard;`,
  'x :: A(a(b)c) -> (->) -> [0, 1,] y :: B[] => z, w :: {$x||...}($x)',
]
const PIECES = [
  '->',
  '=>',
  '::',
  '||',
  '...',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ',',
  ';',
  '|',
  '$x',
  '${',
  'a',
  'input',
  'output',
  'elementclass',
  'define',
  'require',
  'Idle',
  '"',
  "'",
  '\\<',
  '/*',
  '*/',
  '//',
  '\n',
  '\n#',
  '0',
  '-',
  '@',
  '/',
  '\\',
  '\0',
  '\xff',
]

function survives(text: string): void {
  for (const known of [undefined, (n: string) => /^[A-Z]\w*$/.test(n)]) {
    const parsed = parseConfig(text, known === undefined ? {} : { known })
    for (const finding of [...parsed.errors, ...parsed.warnings])
      if (finding.message === '' || finding.message.includes('undefined'))
        throw new Error(`finding without a message: ${JSON.stringify(finding)}`)
    unparse(parsed.graph)
    resolveGraph(parsed.graph, () => undefined)
    // What is free of errors can be printed and read again.
    if (parsed.errors.length > 0) continue
    const again = parseConfig(unparse(parsed.graph), known === undefined ? {} : { known })
    if (again.errors.length > 0)
      throw new Error(
        `printed text has errors: ${again.errors[0]!.message}\n${unparse(parsed.graph)}`,
      )
  }
}

test('valid configurations cut at every character', (t) => {
  for (const text of VALID)
    for (let end = 0; end <= text.length; end++) t.notThrows(() => survives(text.slice(0, end)))
})

test('random bytes', (t) => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b).toString('latin1'))
  fc.assert(fc.property(bytes, survives), bounded)
  t.pass()
})

test('random tokens', (t) => {
  const tokens = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 })
  fc.assert(
    fc.property(tokens, fc.constantFrom('', ' '), (list, gap) => survives(list.join(gap))),
    bounded,
  )
  t.pass()
})

test('valid configurations with pieces replaced', (t) => {
  const change = fc.record({
    at: fc.nat(1000),
    length: fc.nat(20),
    piece: fc.constantFrom('', ...PIECES),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(...VALID),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (text, list) => {
        let changed = text
        for (const { at, length, piece } of list) {
          const start = at % (changed.length + 1)
          changed = changed.slice(0, start) + piece + changed.slice(start + length)
        }
        survives(changed)
      },
    ),
    bounded,
  )
  t.pass()
})
