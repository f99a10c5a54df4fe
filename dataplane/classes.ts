// Element classes by name. A class is found by its file: elements/<group>/<ClassName>.ts; only
// those that a configuration needs are imported, so that a start is quick and a broken element
// hurts only its users. Classes that a version's artifact brings are passed in and win over
// built-in ones.

import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { HOME } from '../lib/paths.ts'
import type { AnyElement } from './element.ts'

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

let inBundle: ReadonlyMap<string, () => Promise<unknown>> = new Map()

/** Where everything is in one file (deploy/bundle.ts), classes are not imported from theirs. */
export function bundled(modules: ReadonlyMap<string, () => Promise<unknown>>): void {
  inBundle = modules
}

export type Classes = ReadonlyMap<string, AnyElement>

/** Imports the classes of these names; names that there is no class of are left out. */
export async function loadClasses(names: Iterable<string>, extra?: Classes): Promise<Classes> {
  const wanted = [...new Set(names)].map(async (name): Promise<[string, AnyElement] | null> => {
    const given = extra?.get(name)
    if (given !== undefined) return [name, given]
    const file = classFiles().get(name)
    if (file === undefined) return null
    const module = await (inBundle.get(name)?.() ?? import(pathToFileURL(file).href))
    return [name, (module as { default: AnyElement }).default]
  })
  return new Map((await Promise.all(wanted)).filter((entry) => entry !== null))
}
