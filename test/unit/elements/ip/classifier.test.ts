// Classifier: its patterns, its program as Click prints it, and compiled against interpreted.

import test from 'ava'
import fc from 'fast-check'
import { Packet } from '../../../../dataplane/packet.ts'
import { parsePattern } from '../../../../elements/lib/classifier-pattern.ts'
import { compileRules } from '../../../../elements/lib/program.ts'
import { interpreter, matcher, printProgram } from '../../../../elements/lib/program-code.ts'
import { Lab } from '../lab.ts'

function compile(patterns: readonly string[], unused: number[] = []) {
  const rules = patterns.map((text, output) => ({
    expr: parsePattern(text, (message) => {
      throw new Error(message)
    })!,
    output,
  }))
  return compileRules(rules, (i) => unused.push(i))
}

function packet(bytes: ArrayLike<number>): Packet {
  const p = new Packet(Uint8Array.from([...Array.from(bytes), 9, 9, 9, 9]), 0, 99, -1)
  p.end = bytes.length
  return p
}

const self = () => ({ counters: { unmatched: 0 } })

test('the documentation’s example compiles to its program', (t) => {
  const program = compile(['12/0806 20/0001', '12/0806 20/0002', '12/0800', '-'])
  t.is(
    printProgram(program, 'packet'),
    ` 0  12/08060000%ffff0000  yes->step 1  no->step 3
 1  20/00010000%ffff0000  yes->[0]  no->step 2
 2  20/00020000%ffff0000  yes->[1]  no->[3]
 3  12/08000000%ffff0000  yes->[2]  no->[3]
safe length 22
alignment offset 0
`,
  )
})

test('patterns that nothing can match are found', (t) => {
  const unused: number[] = []
  compile(['12/08', '12/0800', '12/09 12/08', '-', '0/00'], unused)
  t.deepEqual(unused, [1, 2, 4])
})

test('wrong patterns', (t) => {
  const said = (pattern: string) => {
    let text = ''
    t.is(
      parsePattern(pattern, (message) => {
        text = message
      }),
      null,
    )
    return text
  }
  t.regex(said('12'), /expected clause/)
  t.regex(said('x/08'), /expected clause/)
  t.regex(said('12/080'), /odd number/)
  t.regex(said('12/0806%ff'), /mask has 2/)
  t.regex(said('999999/08'), /too large/)
  t.regex(said('!'), /expected clause/)
})

/** What a clause says, read the simple way. */
function clauseHolds(clause: string, bytes: readonly number[]): boolean {
  const negated = clause.startsWith('!')
  const [offset, rest] = clause.replace('!', '').split('/') as [string, string]
  const [value, mask] = rest.split('%') as [string, string | undefined]
  let holds = true
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '?') continue
    const m = mask === undefined ? 15 : Number.parseInt(mask[i]!, 16)
    if (m === 0) continue
    const byte = bytes[Number(offset) + (i >> 1)]
    if (byte === undefined) holds = false
    else {
      const nibble = i % 2 === 0 ? byte >> 4 : byte & 15
      if ((nibble & m) !== (Number.parseInt(value[i]!, 16) & m)) holds = false
    }
  }
  return negated ? !holds : holds
}

test('compiled, interpreted and read simply, patterns agree', (t) => {
  const clause = fc
    .tuple(
      fc.constantFrom('', '', '!'),
      fc.nat(9),
      fc.constantFrom('00', '01', '0?', '0001', '00010001', '?1', '000100'),
      fc.boolean(),
      fc.constantFrom('0', '1', 'f'),
    )
    .map(
      ([not, offset, value, masked, m]) =>
        `${not}${offset}/${value}${masked ? `%${m.repeat(value.length)}` : ''}`,
    )
  const pattern = fc.array(clause, { minLength: 1, maxLength: 3 })
  const patterns = fc.array(pattern, { minLength: 1, maxLength: 8 })
  const bytes = fc.array(fc.constantFrom(0, 1, 16, 17), { maxLength: 12 })
  fc.assert(
    fc.property(patterns, bytes, (lists, data) => {
      const program = compile(lists.map((list) => list.join(' ')))
      const expected = lists.findIndex((list) => list.every((c) => clauseHolds(c, data)))
      const p = packet(data)
      const n = lists.length
      t.is(matcher(program, 'packet', n, 'unmatched')(self(), p, 0), expected)
      t.is(interpreter(program, 'packet', n, 'unmatched')(self(), p, 0), expected)
    }),
    { numRuns: 3000 },
  )
})

test('very large programs are interpreted', (t) => {
  const patterns = Array.from({ length: 600 }, (_, i) => `0/${i.toString(16).padStart(4, '0')}`)
  const match = matcher(compile(patterns), 'packet', 600, 'unmatched')
  t.is(match(self(), packet([1, 2]), 0), 0x102)
  const me = self()
  t.is(match(me, packet([255, 2]), 0), -1)
  t.is(me.counters.unmatched, 1)
})

test('in a router: outputs, what matches nothing, warnings, wrong number of outputs', async (t) => {
  const lab = await Lab.make(
    'i :: TestIn -> c :: Classifier(0/01, 0/02, 0/01 1/01) -> a :: TestOut; c[1] -> b :: TestOut; c[2] -> d :: TestOut',
  )
  for (const first of [1, 2, 3]) lab.send('i', packet([first, 1]))
  t.deepEqual(
    lab.take().map((s) => s.out),
    ['a', 'b'],
  )
  t.is(lab.read('c.unmatched'), '1')
  t.regex(lab.warnings.join(), /output 2 matches no packets/)
  await t.throwsAsync(Lab.make('TestIn -> Classifier(0/01, -) -> TestOut'), {
    message: /2 patterns need as many outputs/,
  })
})
