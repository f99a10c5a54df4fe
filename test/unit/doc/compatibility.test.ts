// doc/click-compatibility.md is what `make doc` makes of the lists and the classes that there are, and
// the lists say what is so.

import { readFileSync } from 'node:fs'
import test from 'ava'
import { COMPATIBILITY_PAGE, classesHere } from '../../../cli/doc/build.ts'
import {
  casesThatCannotApply,
  clickClasses,
  compatibilityPage,
  excusedClasses,
  features,
} from '../../../cli/doc/compatibility.ts'
import { elementText } from '../../../cli/doc/elements.ts'
import { parseRunOptions, UsageError } from '../../../cli/run-options.ts'
import { parseConfig } from '../../../lib/click/index.ts'

const here = classesHere()

test('the page is up to date (if not: make doc)', (t) => {
  t.is(readFileSync(COMPATIBILITY_PAGE, 'utf8'), compatibilityPage(here))
})

test('every class that is not here has a reason', (t) => {
  const classes = clickClasses(here)
  t.true(classes.length > 400)
  t.deepEqual(
    classes.filter((c) => !c.done && c.why === '').map((c) => c.name),
    [],
  )
  const names = new Set(classes.map((c) => c.name))
  t.deepEqual(
    excusedClasses().filter((name) => !names.has(name)),
    [],
    'reasons for classes that Click does not have',
  )
})

test('a class that goes missing shows', (t) => {
  const without = new Set(here)
  without.delete('Queue')
  t.not(compatibilityPage(without), compatibilityPage(here))
  t.false(clickClasses(without).find((c) => c.name === 'Queue')!.done)
})

test('a case applies as soon as its class is there', (t) => {
  const before = casesThatCannotApply(here)
  const after = casesThatCannotApply(new Set([...here, 'BigintTest']))
  t.is(after.length, before.length - (here.has('BigintTest') ? 0 : 1))
})

for (const { what, example, done } of features('language')) {
  test(`language: ${what}: ${done}`, (t) => {
    const known = (name: string) => here.has(name)
    const { errors } = parseConfig(example, { known })
    const messages = errors.map((e) => e.message)
    if (done === 'yes') t.deepEqual(messages, [])
    else t.not(messages.length, 0)
  })
}

for (const { what, example, done } of features('options')) {
  test(`option: ${what}: ${done}`, (t) => {
    const parse = () => parseRunOptions(example.split(' '))
    if (done === 'no') t.throws(parse, { instanceOf: UsageError })
    else t.notThrows(parse)
  })
}

test('documentation of a class is found by its name alone', (t) => {
  t.is(elementText('Queue')?.group, 'standard')
  t.is(elementText('NoSuchClass'), null)
})
