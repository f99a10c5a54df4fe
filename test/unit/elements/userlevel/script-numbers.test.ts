import test from 'ava'
import { FUNCTIONS } from '../../../../elements/lib/script-functions.ts'
import {
  parseDouble,
  parseInt64,
  parseUint64,
  realText,
} from '../../../../elements/lib/script-numbers.ts'

test('64-bit integers are exact, and end where C ends', (t) => {
  t.is(parseInt64('9223372036854775807'), 2n ** 63n - 1n)
  t.is(parseInt64('9223372036854775808'), null)
  t.is(parseInt64('-0x8000_0000'), -0x80000000n)
  t.is(parseInt64('010'), 8n)
  t.is(parseInt64('08'), null)
  t.is(parseUint64('18446744073709551615'), 2n ** 64n - 1n)
  t.is(parseUint64('-1'), null)
})

test('real numbers as strtod reads and %.12g prints them', (t) => {
  t.is(parseDouble('010'), 10)
  t.is(parseDouble('0x10'), 16)
  t.is(parseDouble('1_000'), null)
  t.is(parseDouble('.5e1'), 5)
  t.is(realText(1 / 3), '0.333333333333')
  t.is(realText(1e20), '1e+20')
  t.is(realText(1e-5), '1e-05')
  t.is(realText(123456.789), '123456.789')
  t.is(realText(1e11), '100000000000')
  t.is(realText(-0), '-0')
})

test('functions: integers stay integers till a word is none', (t) => {
  const call = (name: string, text: string) => FUNCTIONS[name]!(text, () => 0.5)
  t.is(call('add', '9223372036854775807 1'), '-9223372036854775808')
  t.is(call('mul', '4294967295 4294967295'), '-8589934591')
  t.is(call('add', '1 2 0.5'), '3.5')
  t.is(call('idiv', '7 -2'), '-3')
  t.is(call('ntohl', '18446744073709551615'), '4294967167')
  t.throws(() => call('mod', '5 0'))
  t.is(call('sprintf', '"%05x|%+u|%-4d|%.2s" 127 5 -3 abc'), '0007f|+5|-3  |ab')
})
