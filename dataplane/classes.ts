// Element classes by name. A class is found by its file (lib/element-files.ts); only those that a
// configuration needs are imported, so that a start is quick and a broken element hurts only its
// users. Classes that a version's artifact brings are passed in and win over built-in ones.

import { pathToFileURL } from 'node:url'
import { classFiles } from '../lib/element-files.ts'
import type { AnyElement } from './element.ts'

export { classFiles }

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
