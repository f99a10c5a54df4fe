import test from 'ava'
import {
  cpQuote,
  cpUnquote,
  splitArgs,
  splitSpaces,
  takeWord,
  uncomment,
} from '../../../lib/click/args.ts'

test('arguments split at unquoted commas, without comments', (t) => {
  t.deepEqual(splitArgs('a, b , c'), ['a', 'b', 'c'])
  t.deepEqual(splitArgs(' a /* x, y */ b, c, '), ['a b', 'c'])
  t.deepEqual(splitArgs('"x, y" // z, w'), ['"x, y"'])
  t.deepEqual(splitArgs("'//', '/*', q"), ["'//'", "'/*'", 'q'])
  t.deepEqual(splitArgs('a,,b'), ['a', '', 'b'])
  t.deepEqual(splitArgs(' /* nothing */ '), [])
  t.deepEqual(splitArgs(','), [''])
  t.deepEqual(splitArgs('\\<41, 42>, x'), ['\\<41, 42>', 'x'])
  t.deepEqual(splitArgs('f(a, b)'), ['f(a', 'b)'])
})

test('words split at unquoted blanks and comments', (t) => {
  t.deepEqual(splitSpaces(' a  b,/* */c '), ['a', 'b,', 'c'])
  t.deepEqual(splitSpaces('\'a /*?*/ b\'c "d e"'), ["'a /*?*/ b'c", '"d e"'])
  t.deepEqual(takeWord(' $x  1 2'), { word: '$x', rest: '1 2' })
  t.is(uncomment('  a   b /* c */  d '), 'a   b d')
})

test('unquoting takes one level off and replaces escapes', (t) => {
  t.is(cpUnquote('a"b"c'), 'abc')
  t.is(cpUnquote('"\\n\\t\\\\" \'\\n\''), '\n\t\\ \\n')
  t.is(cpUnquote('"\\x41\\102\\x141"'), 'ABA')
  t.is(cpUnquote('\\<48 45 4c /* x */ 4C 4f>!'), 'HELLO!')
  t.is(cpUnquote('"\\<48454>"'), 'HE')
  t.is(cpUnquote('"a\\\r\nb"'), 'ab')
  t.is(cpUnquote('a\\nb'), 'a\\nb')
})

test('quoting is undone by unquoting', (t) => {
  let all = ''
  for (let c = 0; c < 256; c++) all += String.fromCharCode(c)
  t.is(cpUnquote(cpQuote(all)), all)
  t.is(cpQuote(''), '""')
  t.regex(cpQuote(all), /^"[\x20-\x7e]*"$/)
})
