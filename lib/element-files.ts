// Where the built-in element classes are. A class is found by its file: elements/<group>/<Class>.js
// below HOME. Also what the builder of artifacts looks classes up in.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HOME } from './paths.ts'

const ELEMENTS = fileURLToPath(new URL('elements/', HOME))
const CLASS_FILE = /^([A-Z]\w*)\.js$/

let files: Map<string, string> | null = null

/**
 * Built-in class names and the files that they are in. Read once: a build does not change under
 * us.
 */
export function classFiles(): ReadonlyMap<string, string> {
  if (files !== null) return files
  files = new Map()
  for (const group of readdirSync(ELEMENTS, { withFileTypes: true })) {
    if (!group.isDirectory()) continue
    for (const file of readdirSync(`${ELEMENTS}${group.name}`)) {
      const name = CLASS_FILE.exec(file)?.[1]
      if (name !== undefined) files.set(name, `${ELEMENTS}${group.name}/${file}`)
    }
  }
  return files
}
