// XML: what click2xml writes is read again as the same configuration; anything else is an error.

import test from 'ava'
import fc from 'fast-check'
import { ToolError } from '../../../cli/tools/tool.ts'
import { parseXml, XmlError, xmlEscaped } from '../../../cli/tools/xml.ts'
import { configurationOf } from '../../../cli/tools/xml2click.ts'

test('attributes keep every character', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { attributes } = parseXml(`<a b="${xmlEscaped(text)}"/>`)
      t.is(attributes.b, text)
    }),
  )
})

test('comments, declarations and doctypes are passed over', (t) => {
  const root = parseXml(
    '<?xml version="1.0"?><!DOCTYPE a [<!ELEMENT a ANY>]>\n<!-- x -->\n<n:a><b c=\'1\'/><b/></n:a>\n',
  )
  t.is(root.name, 'a')
  t.deepEqual(
    root.children.map((c) => [c.name, c.line]),
    [
      ['b', 3],
      ['b', 3],
    ],
  )
})

test('text that is no XML is an XmlError, never another', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[<>/a"'=\s!?-]{0,30}$/), (text) => {
      try {
        parseXml(text)
      } catch (error) {
        t.true(error instanceof XmlError)
      }
    }),
  )
  t.throws(() => parseXml(`${'<a>'.repeat(100)}${'</a>'.repeat(100)}`), { message: /nest deeper/ })
  t.throws(() => parseXml('<a>\n</b>'), { message: '</b> does not end <a>' })
})

test('names that are none are refused: XML cannot put code into a configuration', (t) => {
  const inside = '<element name="a; Evil -> b" classname="Idle"/>'
  t.throws(() => configurationOf(`<configuration>${inside}</configuration>`, 'x.xml'), {
    instanceOf: ToolError,
    message: /x\.xml:1: bad element name/,
  })
  const config = '<element name="a" classname="Idle" config="1); b :: Evil("/>'
  t.throws(() => configurationOf(`<configuration>${config}</configuration>`, 'x.xml'), {
    instanceOf: ToolError,
    message: /brackets .* do not close/,
  })
})
