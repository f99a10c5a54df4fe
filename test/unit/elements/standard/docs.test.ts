// Every element's documentation names its keywords and handlers, and no other handlers.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { loadClasses } from '../../../../dataplane/classes.ts'

const ELEMENTS = fileURLToPath(new URL('../../../../../elements/', import.meta.url))
const GROUPS = ['standard', 'analysis', 'userlevel']

/** Old spellings that Click still takes, and that its documentation does not name. */
const OLD: Readonly<Record<string, readonly string[]>> = {
  FromIPSummaryDump: ['DEFAULT_FIELDS', 'DEFAULT_FLOWID'],
  InfiniteSource: ['DATASIZE'],
  Print: ['LENGTH', 'NBYTES', 'CPU'],
  RatedSource: ['DATASIZE'],
}

for (const group of GROUPS) {
  for (const file of readdirSync(`${ELEMENTS}${group}`)) {
    const name = file.replace(/\.ts$/, '')
    test(`${group}/${name}`, async (t) => {
      const text = readFileSync(`${ELEMENTS}${group}/${file}`, 'utf8')
      const doc = text.slice(0, text.indexOf('*/'))
      const spec = (await loadClasses([name])).get(name)
      t.is(spec?.name, name)
      for (const part of ['=c', '=s', '=d', '=a']) t.regex(doc, new RegExp(`^${part}\\b`, 'm'))
      if (spec?.config !== 'raw') {
        for (const keyword of Object.keys(spec!.config)) {
          if (OLD[name]?.includes(keyword) === true) continue
          t.regex(doc, new RegExp(`\\b${keyword}\\b`), keyword)
        }
      }
      const handlers = [...Object.keys(spec?.handlers ?? {}), ...Object.keys(spec?.counters ?? {})]
      const documented = [...doc.matchAll(/^=h ([^\s"]+)/gm)].map((m) => m[1]!)
      for (const handler of handlers) {
        const found = documented.some(
          (d) => d === handler || (handler === '*' && d.includes('...')),
        )
        t.true(found, `handler ${handler} is not documented`)
      }
      for (const handler of documented) {
        const known = handlers.includes(handler) || handlers.includes('*')
        t.true(known, `documented handler ${handler} is not there`)
      }
    })
  }
}
