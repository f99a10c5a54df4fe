// Templates of click-pretty, and the text that it marks up.

import test from 'ava'
import fc from 'fast-check'
import { highlighted, type Names } from '../../../cli/tools/pretty-highlight.ts'
import { expandTemplate } from '../../../cli/tools/pretty-template.ts'

const shown = (text: string) =>
  expandTemplate(text, ({ name, attributes }) => {
    const list = [...attributes].map(([key, value]) => `${key}:${value}`)
    return `[${name}${list.map((one) => ` ${one}`).join('')}]`
  })

test('tags with attributes of every kind', (t) => {
  t.is(shown('a<~x>b'), 'a[x]b')
  t.is(shown('<~x a=1 b="2 3" c>'), '[x a:1 b:2 3 c:c]')
  t.is(shown(`<~x a='"' /-->y`), '[x a:"]y')
  t.is(shown('<~x a="<~y b="1">-">'), '[x a:<~y b="1">-]')
  t.is(shown('no <tag> here'), 'no <tag> here')
})

test('a template that does not end is taken to its end', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[<~>x"'=\s/-]{0,30}$/), (text) => {
      t.notThrows(() => shown(text))
    }),
  )
})

const names: Names = {
  elements: [
    { name: 'a', className: 'Idle' },
    { name: 'Null@2', className: 'Null' },
  ],
  defined: new Set(['F']),
  docOf: (name) => `/doc/${name}`,
}

test('marked-up text is the text', (t) => {
  const plain = (html: string) =>
    html
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&')
  fc.assert(
    fc.property(fc.stringMatching(/^(?:a|Null|F|::|->|[ \n(){}[\];,"'/*&<|$0])*$/), (text) => {
      t.is(plain(highlighted(text, names)), text)
    }),
  )
})

test('declarations, classes, configurations and comments are marked', (t) => {
  const html = highlighted(
    'a :: Idle; // x\na -> Null(1) -> F;\nelementclass F { input -> output }',
    names,
  )
  t.regex(
    html,
    /<span class='c-ed' title='a :: Idle'><a name='e-a'>a<\/a><\/span> :: <a href='\/doc\/Idle'>/,
  )
  t.regex(html, /<span class='c-cmt'>\/\/ x\n<\/span><a href='#e-a'/)
  t.regex(html, /<a name='e-Null@2'><\/a>.*<span class='c-cfg'>1<\/span>/)
  t.regex(html, /<a href='#c-F'>F<\/a>/)
  t.regex(html, /<span class='c-kw'>elementclass<\/span> <a name='c-F'>/)
})
