// Properties of argument texts: quoting is undone by unquoting, printed values parse back, and no
// text makes a parser throw.

import test from 'ava'
import fc from 'fast-check'
import { arg } from '../../dataplane/element.ts'
import * as args from '../../lib/click/args.ts'

const latin1 = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1'))
const runs = { numRuns: 1000 }

test('quoting is undone by unquoting, and one quoted string is one argument and one word', (t) => {
  fc.assert(
    fc.property(latin1, latin1, (a, b) => {
      t.is(args.cpUnquote(args.cpQuote(a)), a)
      t.deepEqual(args.splitArgs(`${args.cpQuote(a)}, ${args.cpQuote(b)}`).map(args.cpUnquote), [
        a,
        b,
      ])
      t.deepEqual(args.splitSpaces(`${args.cpQuote(a)} ${args.cpQuote(b)}`).map(args.cpUnquote), [
        a,
        b,
      ])
    }),
    runs,
  )
})

test('arguments split again into themselves', (t) => {
  fc.assert(
    fc.property(latin1, (text) => {
      const list = args.splitArgs(text)
      for (const one of list) t.is(args.uncomment(one), one)
    }),
    runs,
  )
})

test('numbers and addresses parse back', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.uint8Array({ minLength: 16, maxLength: 16 }), (n, bytes) => {
      t.is(args.parseInteger(String(n)), n)
      t.is(args.parseInteger(`0x${(n >>> 0).toString(16)}`), n >>> 0)
      const quad = [...bytes.subarray(0, 4)]
      t.is(args.parseIp(quad.join('.')), Buffer.from(quad).readInt32BE(0))
      const hex = (part: Uint8Array, by: string) =>
        [...part].map((byte) => byte.toString(16)).join(by)
      t.deepEqual(args.parseEth(hex(bytes.subarray(0, 6), ':')), bytes.slice(0, 6))
      const words = Buffer.from(bytes).toString('hex').match(/..../g)!
      t.deepEqual(args.parseIp6(words.join(':')), bytes)
    }),
    runs,
  )
})

const PARSERS = [
  args.parseInteger,
  args.parseReal,
  args.parseBool,
  args.parseSeconds,
  args.parseBandwidth,
  args.parseIp,
  args.parseIpPrefix,
  args.parseIp6,
  args.parseIp6Prefix,
  args.parseEth,
  args.parseString,
  args.parseAnnotation,
  args.parseU8,
  args.parseU16,
  args.parseU32,
] as const

test('no text makes a parser throw', (t) => {
  const text = fc.oneof(latin1, fc.stringMatching(/^[-+0-9a-fx.:/_ ]{0,40}$/))
  const decl = Object.fromEntries(
    Object.entries(arg).map(([key, make]) => [key.toUpperCase(), make().at()]),
  )
  fc.assert(
    fc.property(text, (one) => {
      for (const parse of PARSERS) parse(one)
      const context = { addresses: { lookup: () => null }, error: () => {}, warning: () => {} }
      args.parseArgs(decl, args.splitArgs(one), context)
      for (const key of Object.keys(decl)) args.parseArgs(decl, [`${key} ${one}`], context)
    }),
    runs,
  )
  t.pass()
})
