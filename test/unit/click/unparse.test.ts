import test from 'ava'
import { parseConfig, unparse } from '../../../lib/click/index.ts'

const printed = (text: string, defines = {}) => unparse(parseConfig(text, { defines }).graph)

test('requirements, declarations, then connections as chains through ports 0', (t) => {
  const text = `require(package p)
    a, b :: Idle; c :: Queue(1, K 2)
    a -> b -> c; b [1] -> c; c -> [1] a; c [2] -> [1] b`
  t.is(
    printed(text),
    `require(package p);

a :: Idle;
b :: Idle;
c :: Queue(1, K 2);

a -> b
    -> c
    -> [1] a;
c [2] -> [1] b;
b [1] -> c;
`,
  )
})

test('a chain ends at a port other than 0', (t) => {
  t.is(printed('a, b :: X; a -> [1] b -> a').split('\n\n')[1], 'b -> a\n    -> [1] b;\n')
})

test('circles are printed, too', (t) => {
  t.is(printed('a, b :: X; a -> b -> a').split('\n\n')[1], 'b -> a\n    -> b;\n')
})

test('what a variable brought that would not read back is quoted', (t) => {
  for (const value of ['a)', '(b', "'", '"x', '\\<41', 'x\n#y']) {
    const text = printed('e :: X(1, $v)', { v: value })
    t.regex(text, /^e :: X\(1, ".*"\);/, value)
    t.is(printed(text), text, value)
  }
  // An open comment is no argument at all.
  for (const value of ['// c', '/* d'])
    t.is(printed('e :: X(1, $v)', { v: value }), 'e :: X(1);\n\n', value)
})
