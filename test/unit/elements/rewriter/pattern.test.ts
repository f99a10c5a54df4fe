// Patterns, FTP's PORT command and the C library's generator: text and bytes to data, and any input.

import test from 'ava'
import fc from 'fast-check'
import { findPortCommand, portArgument } from '../../../../elements/lib/ftp-port.ts'
import { parsePattern, patternText } from '../../../../elements/lib/rewriter-pattern.ts'
import { ClickRandom, drawBelow } from '../../../../lib/click/random.ts'
import { ip } from '../ip/packets.ts'

const context = {
  addresses: { lookup: () => null } as never,
  named: new Map([['out', { words: ['1.0.0.1', '5-7#', '-', '-'], holder: 'p', turn: 3 }]]),
  holder: 'rw',
  turn: 1,
}
const parse = (text: string) => parsePattern(text.split(' '), context)
const again = (text: string) => {
  const pattern = parse(text)
  return typeof pattern === 'string' ? pattern : patternText(pattern)
}

test('patterns read and printed, by the number of their fields', (t) => {
  const cases: readonly [string, string][] = [
    ['1.0.0.1 20 - -', '1.0.0.1 20 - -'],
    ['- - 2.0.0.2 0x50', '- - 2.0.0.2 80'],
    ['1.0.0.1 1024-65535? - -', '1.0.0.1 1024-65535 - -'],
    ['1.0.0.1 - 10-20', '1.0.0.1 10-20 - -'],
    ['1.0.0.1 -', '1.0.0.1 -'],
    ['1.0.0.1-1.0.1.0# 2.0.0.2', '1.0.0.1-1.0.1.0 2.0.0.2'],
    ['1.0.0.77/24 -', '1.0.0.1-1.0.0.254 -'],
    ['1.0.0.77/31 -', '1.0.0.76-1.0.0.77 -'],
    ['1.0.0.77/32 -', '1.0.0.77 -'],
    ['200.0.0.0-255.255.255.255 -', '200.0.0.0-255.255.255.255 -'],
    ['out', '1.0.0.1 5-7 - -'],
  ]
  for (const [text, printed] of cases) t.is(again(text), printed)
  t.like(parse('out'), { holder: 'p', turn: 3, sport: 5, top: 2 })
})

test('patterns that are none', (t) => {
  const cases: readonly [string, string][] = [
    ['1.0.0.1 1 - - -', 'syntax error'],
    ['nobody', "no such pattern 'nobody'"],
    ['1.0.0.x -', 'bad source address'],
    ['1.255.0.0-1.0.0.0 -', 'bad source address'],
    ['1.0.0.0/0 -', 'bad source address'],
    ['1.0.0.0/8 5 - -', 'bad source address: a range of addresses takes no ports'],
    ['1.0.0.1 0 - -', 'bad source port'],
    ['1.0.0.1 1x - -', 'bad source port'],
    ['1.0.0.1 9-8 - -', 'bad source port'],
    ['1.0.0.1 9-65536 - -', 'bad source port'],
    ['1.0.0.1 9# - -', 'bad source port'],
    ['1.0.0.1 9 2.0.0 -', 'bad destination address'],
    ['1.0.0.1 9 - 65536', 'bad destination port'],
  ]
  for (const [text, said] of cases) t.is(again(text), said)
})

test('any words: a pattern that is printed as one that means the same, or a message', (t) => {
  const some = ['-', '1.0.0.1', '2.0.0.0/8', '1.0.0.1-1.0.0.9#', '5', '5-9', '5-9#', '0-0', '']
  const word = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...some) },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (words) => {
      const pattern = parsePattern(words, context)
      if (typeof pattern === 'string') return
      const printed = patternText(pattern)
      if (!pattern.ofPorts || pattern.sport > 0 || pattern.top === 0) t.is(again(printed), printed)
    }),
    { numRuns: 2000 },
  )
})

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
const found = (text: string) => findPortCommand(bytes(text), 0, text.length)

test('PORT commands, and what is none', (t) => {
  const command = { addr: ip('10.0.0.1'), port: 0x0203, start: 5, end: 17 }
  t.deepEqual(found('PORT 10,0,0,1,2,3\r\n'), command)
  t.deepEqual(found('port 10,0,0,1,2,3\n'), command)
  t.deepEqual(found('PoRt   200,9,9,9,255,1\nmore')?.addr, ip('200.9.9.9'))
  for (const text of [
    '',
    'POR',
    'PORT',
    'PORTX 1,2,3,4,5,6\n',
    'PORT 1,2,3,4,5\n',
    'PORT 1,2,3,4,5,6,7\n',
  ])
    t.is(found(text), null, text)
  for (const text of [
    'PORT 1,2,3,4,5,6',
    'PORT 1,2,3,4,5,256\n',
    'PORT 1,2,3,4,5,6 \n',
    ' PORT 1,2,3,4,5,6\n',
  ])
    t.is(found(text), null, text)
})

test('a PORT command that is written is read again; cut anywhere it is none', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(0xffff), (addr, port) => {
      const text = `PORT ${portArgument(addr, port)}\r\n`
      t.like(found(text), { addr, port })
      for (let cut = 0; cut < text.length - 1; cut++) t.is(found(text.slice(0, cut)), null)
    }),
    { numRuns: 50 },
  )
})

test('the generator has the numbers of random(3)', (t) => {
  for (const [seed, numbers] of [
    [1, [1804289383, 846930886, 1681692777]],
    [0, [1804289383, 846930886, 1681692777]],
    [7, [1045618677, 1863967299, 1272579899]],
    [12345, [383100999, 858300821, 357768173]],
  ] as const) {
    const random = new ClickRandom(seed)
    t.deepEqual([random.next(), random.next(), random.next()], [...numbers])
  }
})

test('drawing below a bound stays below it, for any bound', (t) => {
  const random = new ClickRandom(1)
  const draw = () => random.next() / 2 ** 31
  t.is(drawBelow(draw, 64_511), 54_202)
  for (const n of [1, 2, 3, 1000, 2 ** 31, 2 ** 31 + 1, 2 ** 32])
    for (let i = 0; i < 50; i++) {
      const value = drawBelow(draw, n)
      t.true(Number.isInteger(value) && value >= 0 && value < n)
    }
})
