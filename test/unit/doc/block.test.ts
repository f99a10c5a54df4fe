// Documentation blocks: what they say, what is wrong with them, how they are shown.

import test from 'ava'
import { findBlock, parseBlock } from '../../../cli/doc/block.ts'
import { suggestions } from '../../../cli/doc/elements.ts'
import { plainText, spansOf } from '../../../cli/doc/inline.ts'
import { markdownPage } from '../../../cli/doc/markdown.ts'
import { processingText } from '../../../cli/doc/sections.ts'
import { terminalPage } from '../../../cli/doc/terminal.ts'

const TEXT = `=c

Thing(A [, B])

=s ip, nat

does a thing

=d

Does a I<thing> to packets, as
C<Other> does.

=over 8

=item A

Integer. How often.

=item B

Text.

  indented
    more

=back

After the list.

=h count read-only

Returns the count.

=h reset write-only

Begins anew.

=e

  Thing(3) -> Other;

=a Other, Third
`

const doc = (text: string) => ({
  name: 'Thing',
  group: 'ip',
  block: parseBlock(text),
  declared: { ports: '1/1', processing: 'a/ah', flow: 'x/x', state: [] },
})

test('a block is read whole', (t) => {
  const block = parseBlock(TEXT)
  t.deepEqual(block.problems, [])
  t.deepEqual(block.synopsis, ['Thing(A [, B])'])
  t.deepEqual(block.categories, ['ip', 'nat'])
  t.is(block.summary, 'does a thing')
  t.deepEqual(
    block.handlers.map((h) => [h.name, h.type]),
    [
      ['count', 'read-only'],
      ['reset', 'write-only'],
    ],
  )
  t.is(block.seeAlso, 'Other, Third')
  const [description, examples] = block.sections
  t.deepEqual(
    description!.parts.map((p) => p.kind),
    ['text', 'list', 'text'],
  )
  t.deepEqual(examples!.parts, [{ kind: 'verbatim', lines: ['Thing(3) -> Other;'] }])
})

test('what is wrong is told with its line', (t) => {
  const wrong = (text: string) => parseBlock(text).problems
  t.deepEqual(wrong('=c\n\nX\n\n=s a\n\nb\n\n=d\n\n=item y'), ['line 11: =item outside of =over'])
  t.deepEqual(wrong('=c\n\nX\n\n=s a\n\nb\n\n=d\n\n=over 8\n\n=item y'), [
    'line 13: =over without =back',
  ])
  t.deepEqual(wrong('=c\n\nX\n\n=s a\n\nb\n\n=d\n\nx\n\n=q\n'), ['line 13: unknown command =q'])
  t.deepEqual(wrong('=c\n\nX\n\n=s a\n\nb\n'), ['line 8: no =d'])
  t.deepEqual(wrong('=c\n\nX\n\n=s a\n\nb\n\n=d\n\nx\n\n=h count\n').length, 1)
})

test('the block at the head of a source is found', (t) => {
  t.is(findBlock(`/*\n=c\n\nX\n*/\n\nimport 'x'\n`), '=c\n\nX\n')
  t.is(findBlock('// nothing\n'), null)
})

test('text commands nest, and entities are characters', (t) => {
  t.is(
    plainText('a B<bold I<and> more> E<lt>xE<gt> C<1 + 2> V<hidden>L<text|link>'),
    'a bold and more <x> 1 + 2 text',
  )
  t.deepEqual(spansOf('B<a I<b>>'), [
    { style: 'bold', text: 'a ' },
    { style: 'italic', text: 'b' },
  ])
  t.is(plainText('3 <4, X<y'), '3 <4, X<y')
})

test('the terminal page keeps to its width', (t) => {
  const page = terminalPage(doc(TEXT), { width: 40, colors: false })
  t.true(page.split('\n').every((line) => line.length <= 40))
  t.regex(page, /^NAME\n {7}Thing - does a thing\n/)
  t.regex(page, /HANDLERS\n {7}count \(read-only\)\n {11}Returns the count\.\n/)
  t.false(page.includes('\x1b'))
  t.true(terminalPage(doc(TEXT), { width: 40, colors: true }).includes('\x1b[1mNAME'))
})

test('the Markdown page links other elements', (t) => {
  const page = markdownPage(doc(TEXT), new Set(['Thing', 'Other']))
  t.regex(page, /^# Thing\n\ndoes a thing\n/)
  t.regex(page, /## See also\n\n\[Other\]\(Other\.md\), Third\n/)
  t.regex(page, /- \*\*A\*\*: Integer\. How often\.\n/)
  t.false(page.includes('[Thing]'))
})

test('processing codes as words', (t) => {
  t.is(processingText('a/a'), 'agnostic')
  t.is(processingText('h/lh'), 'push inputs, pull, then push outputs')
})

test('suggestions: near names, and names that contain the word', (t) => {
  const names = ['Queue', 'Unqueue', 'Counter', 'Print']
  t.deepEqual(suggestions('queue', names), ['Queue', 'Unqueue'])
  t.deepEqual(suggestions('Cuonter', names), ['Counter'])
  t.deepEqual(suggestions('Zebra', names), [])
})
