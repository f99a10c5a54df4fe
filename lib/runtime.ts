// The runtime as elements see it: modules of dataplane/ and lib/ that an element may import. A
// version's artifact has its elements in it, but takes these from the process that loads it, so
// that there is one of each. The build writes down which there are, and what they export, in
// deploy/runtime.json (deploy/bundle.ts); the release is the hash of the whole runtime.

import { readFileSync } from 'node:fs'
import { ClickUpError } from './errors.ts'
import { HOME } from './paths.ts'

export interface RuntimeRelease {
  /** Names the runtime: a hash of its code. */
  readonly release: string
  /** By path below HOME (`dataplane/element.js`): the names that a module exports. */
  readonly modules: Readonly<Record<string, readonly string[]>>
}

/** What an artifact takes from the runtime: names by module. */
export type RuntimeNeeds = Readonly<Record<string, readonly string[]>>

type Namespace = Readonly<Record<string, unknown>>

const FILE = new URL('deploy/runtime.json', HOME)
const FOREIGN = 'it was built with another release: deploy or upgrade from the service file again'

let release: RuntimeRelease | null = null
let provided: ReadonlyMap<string, Namespace> | null = null

/** Read once: a process keeps the runtime that it has, whatever is installed meanwhile. */
export function runtimeRelease(): RuntimeRelease {
  if (release !== null) return release
  try {
    release = JSON.parse(readFileSync(FILE, 'utf8')) as RuntimeRelease
  } catch (cause) {
    throw new ClickUpError(
      'ARTIFACT',
      `the runtime's list of modules cannot be read: ${(cause as Error).message}`,
      'it is part of the build: run `make build`',
    )
  }
  return release
}

/** Where the runtime is in one file, its modules are not imported from theirs. */
export function provideRuntime(modules: ReadonlyMap<string, Namespace>): void {
  provided = modules
  runtimeRelease()
}

/**
 * What gives an artifact's code the things that it takes from the runtime.
 * Throws ARTIFACT, with all that is missing, where this runtime cannot serve it.
 */
export async function runtimeFor(
  needs: RuntimeNeeds,
  builtWith: string,
): Promise<(module: string, name: string) => unknown> {
  const modules = new Map<string, Namespace>()
  const findings: { where: string; message: string }[] = []
  for (const [module, names] of Object.entries(needs)) {
    const found = await moduleOf(module)
    if (found === null) findings.push({ where: module, message: 'this release has no such module' })
    else modules.set(module, found)
    for (const name of names)
      if (found !== null && !(name in found))
        findings.push({ where: module, message: `this release has no '${name}' in it` })
  }
  if (findings.length > 0)
    throw new ClickUpError(
      'ARTIFACT',
      `the version was built with runtime ${builtWith}; runtime ${runtimeRelease().release} lacks what it takes`,
      FOREIGN,
      findings,
    )
  return (module, name) => modules.get(module)![name]
}

async function moduleOf(path: string): Promise<Namespace | null> {
  if (provided !== null) return provided.get(path) ?? null
  if (!Object.hasOwn(runtimeRelease().modules, path)) return null
  return (await import(new URL(path, HOME).href)) as Namespace
}
