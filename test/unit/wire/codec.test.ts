// The codec: round trips, and bytes that are not messages.

import test from 'ava'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { ClickUpError } from '../../../lib/errors.ts'
import { decode, encode, versionFault } from '../../../lib/wire/codec.ts'
import { NESTING_MAX, scanMsgpack } from '../../../lib/wire/scan.ts'

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    // A zero's sign is not kept: whole numbers travel as integers.
    fc.double({ noNaN: true }).map((n) => n + 0),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter((k) => k !== '__proto__'),
      tie('value'),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value

test('what is encoded comes back', (t) => {
  fc.assert(
    fc.property(plain, (body) => {
      const message = { v: 1, kind: 'k', id: 'i', re: null, body }
      const bytes = encode(message)
      if (scanMsgpack(bytes) !== null) t.fail(scanMsgpack(bytes) ?? '')
      t.deepEqual(decode(bytes), message)
    }),
    { numRuns: 300 },
  )
})

const refuses = (bytes: Uint8Array) => {
  try {
    decode(bytes)
    return false
  } catch (cause) {
    if (cause instanceof ClickUpError && cause.code === 'PROTOCOL') return true
    throw cause
  }
}

test('random bytes and every truncation end as PROTOCOL', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => refuses(bytes)),
    { numRuns: 2_000 },
  )
  const good = encode({ v: 1, kind: 'k', id: null, re: 'r', body: { deep: [[{ a: 1.5 }]] } })
  for (let i = 0; i < good.length; i++) t.true(refuses(good.subarray(0, i)), `cut at ${i}`)
})

test('one changed byte never does worse than PROTOCOL', (t) => {
  const body = { list: [1, -7, 70_000, 2.5], text: 'x'.repeat(40), raw: Buffer.alloc(300) }
  const good = encode({ v: 1, kind: 'k', id: null, re: null, body })
  for (let i = 0; i < good.length; i++) {
    for (const byte of [0x00, 0x7f, 0x8f, 0x9f, 0xc1, 0xc7, 0xd4, 0xdb, 0xdd, 0xdf, 0xff]) {
      const bad = Uint8Array.from(good)
      bad[i] = byte
      refuses(bad)
    }
  }
  t.pass()
})

test('announced lengths that are not there are refused before unpacking', (t) => {
  const bomb = Uint8Array.from([0xdd, 0x0f, 0xff, 0xff, 0xff, ...Array(50).fill(0xc0)])
  t.regex(scanMsgpack(bomb) ?? '', /announces/)
  t.regex(scanMsgpack(Uint8Array.from([0xdb, 0xff, 0xff, 0xff, 0xff])) ?? '', /inside/)
  t.regex(scanMsgpack(new Uint8Array(NESTING_MAX + 5).fill(0x91)) ?? '', /nested|inside/)
  t.regex(scanMsgpack(Uint8Array.from([0xc0, 0xc0])) ?? '', /after/)
  t.regex(scanMsgpack(Uint8Array.from([0xd4, 0x00, 0x00])) ?? '', /not allowed/)
})

test('values that are not envelopes are refused', (t) => {
  const pack = new Packr({ useRecords: false })
  for (const value of [
    null,
    [],
    'x',
    {},
    { v: '1', kind: 'k', id: null, re: null, body: 1 },
    { v: 1, kind: '', id: null, re: null, body: 1 },
    { v: 1, kind: 'k', id: 4, re: null, body: 1 },
    { v: 1, kind: 'k', id: null, re: {}, body: 1 },
    { v: 1, kind: 'k', id: null, re: null },
    { v: 1, kind: 'k'.repeat(200), id: null, re: null, body: 1 },
  ])
    t.true(refuses(pack.pack(value)))
})

test('a version that is not ours names both', (t) => {
  const error = versionFault({ v: 7, kind: 'k', id: null, re: null, body: null })
  t.regex(error?.message ?? '', /7.*1/)
  t.is(versionFault({ v: 1, kind: 'k', id: null, re: null, body: null }), null)
})

test('a message that is too long is refused on the way out', (t) => {
  const body = new Uint8Array(9 * 1024 * 1024)
  const error = t.throws(() => encode({ v: 1, kind: 'k', id: null, re: null, body }))
  t.is((error as ClickUpError).code, 'LIMIT')
})
