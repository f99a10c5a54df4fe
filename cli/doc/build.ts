// `make doc`: pages of every element class and their index, into build/doc/elements, and the page on
// what of Click is here, which is kept with the sources.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { INFORMATION_CLASSES } from '../../dataplane/graph.ts'
import { messageOf } from '../../lib/errors.ts'
import { compatibilityPage } from './compatibility.ts'
import { allElementTexts, elementDoc, elementNames } from './elements.ts'
import { markdownIndex, markdownPage } from './markdown.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export const COMPATIBILITY_PAGE = `${ROOT}doc/click-compatibility.md`

/** Every class that a configuration may use. */
export function classesHere(): Set<string> {
  return new Set([...elementNames(), ...INFORMATION_CLASSES])
}

async function build(): Promise<void> {
  const folder = `${ROOT}build/doc/elements`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const linked = new Set(elementNames())
  writeFileSync(`${folder}/README.md`, markdownIndex(allElementTexts()))
  writeFileSync(COMPATIBILITY_PAGE, compatibilityPage(classesHere()))
  for (const name of linked) {
    try {
      writeFileSync(`${folder}/${name}.md`, markdownPage((await elementDoc(name))!, linked))
    } catch (cause) {
      console.error(`${name}: ${messageOf(cause)}`)
      process.exitCode = 1
    }
  }
  console.log(`${linked.size} pages: build/doc/elements/README.md; doc/click-compatibility.md`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()
