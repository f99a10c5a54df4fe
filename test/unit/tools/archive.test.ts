// Archives: what is written is read again, and anything else is refused without harm.

import test from 'ava'
import fc from 'fast-check'
import { configOf, parseArchive, unparseArchive } from '../../../lib/click/archive.ts'

const byteText = fc.uint8Array({ maxLength: 40 }).map((a) => String.fromCharCode(...a))
const members = fc.array(
  fc.record({ name: fc.stringMatching(/^[A-Za-z][\w.-]{0,40}$/), data: byteText }),
  { maxLength: 5 },
)

test('written and read again', (t) => {
  fc.assert(
    fc.property(members, (list) => {
      t.deepEqual(parseArchive(unparseArchive(list)), list)
    }),
  )
})

test('cut anywhere, or spoilt, it is refused or read in part', (t) => {
  fc.assert(
    fc.property(members, fc.nat(), fc.nat(255), (list, at, byte) => {
      const text = unparseArchive(list)
      const cut = text.slice(0, at % (text.length + 1))
      const spoilt =
        text.slice(0, at % text.length) +
        String.fromCharCode(byte) +
        text.slice((at % text.length) + 1)
      for (const one of [cut, spoilt]) t.notThrows(() => parseArchive(one))
    }),
  )
})

test('the configuration of an archive, of a plain text, of an archive without one', (t) => {
  const config = { name: 'config', data: 'Idle -> Discard;' }
  const other = { name: 'a-very-long-member-name.txt', data: 'x' }
  t.deepEqual(configOf(unparseArchive([other, config])), { config: config.data, others: [other] })
  t.deepEqual(configOf('Idle;'), { config: 'Idle;', others: [] })
  t.is(configOf(unparseArchive([other])), null)
  t.is(configOf('!what'), null)
})
