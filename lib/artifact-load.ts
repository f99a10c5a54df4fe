// A stored artifact's elements, loaded into this process: its code is run with the modules of the
// runtime that it takes, from V8's code cache where one fits. A cache that does not (another
// Node.js, other flags, another CPU) is not used, without a word: the code is compiled as ever.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { cachedDataVersionTag } from 'node:v8'
import { constants, Script } from 'node:vm'
import type { Artifact, CodeCache, Content } from './artifact.ts'
import { cachePath, codePath, readArtifact, withCodeCache } from './artifact.ts'
import { ClickUpError, type Finding } from './errors.ts'
import { runtimeFor } from './runtime.ts'

export interface LoadedArtifact<E> {
  readonly version: string
  readonly config: string
  readonly configName: string
  readonly defines: Readonly<Record<string, string>>
  /** Element classes that the version brings: all that its configuration uses. */
  readonly classes: readonly E[]
  /** Hash of each class's code, by name: see Content. */
  readonly hashes: Readonly<Record<string, string>>
  /** The runtime release that it was built with. */
  readonly runtime: string
  /** True: its code came from a cache. */
  readonly cached: boolean
  /** What was compiled of its code up to now, for the next process that loads it. */
  codeCache(): CodeCache
}

/** The bundled modules that export elements, each with its file's name for messages. */
export type Modules = readonly (readonly [string, Readonly<Record<string, unknown>>])[]

/** Reads an artifact and runs its elements. `E`: dataplane's AnyElement. Throws ARTIFACT. */
export async function loadArtifact<E = unknown>(path: string): Promise<LoadedArtifact<E>> {
  const { version, content } = readArtifact(path)
  const { config, configName, defines, runtime } = content
  const tag = cachedDataVersionTag()
  const cache = readIfThere(cachePath(path, tag))
  const { modules, script } = await runElements(content, codePath(path), cache)
  return {
    version,
    config,
    configName,
    defines,
    runtime,
    classes: classesOf<E>(modules),
    hashes: content.classes ?? {},
    cached: script.cachedDataRejected === false,
    codeCache: () => ({ tag, data: script.createCachedData() }),
  }
}

/** Keeps a code cache beside a stored artifact, unless there is one. A disk that refuses costs speed. */
export function keepCodeCache(path: string, { tag, data }: CodeCache): void {
  const file = cachePath(path, tag)
  try {
    if (existsSync(file)) return
    writeFileSync(`${file}.${process.pid}`, data, { mode: 0o600 })
    renameSync(`${file}.${process.pid}`, file)
  } catch {
    // The next start compiles, as this one did.
  }
}

/** The version with a code cache of this very V8. */
export function accelerated(artifact: Artifact, loaded: LoadedArtifact<unknown>): Artifact {
  return withCodeCache(artifact, loaded.codeCache())
}

/** Runs an artifact's code. @param file what it is called in stack traces */
export async function runElements(
  { elements, takes, runtime }: Pick<Content, 'elements' | 'takes' | 'runtime'>,
  file: string,
  cache: Buffer | null,
): Promise<{ modules: Modules; script: Script }> {
  const take = await runtimeFor(takes, runtime)
  try {
    // As modules are: what is written to frozen things throws.
    const script = new Script(`(function (${PARAMETERS}) {'use strict';${elements}\n})`, {
      filename: file,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(cache === null ? {} : { cachedData: cache }),
    })
    const module: { exports: { modules?: Modules } } = { exports: {} }
    const url = pathToFileURL(file).href
    script.runInThisContext()(take, url, createRequire(file), module, module.exports)
    return { modules: module.exports.modules ?? [], script }
  } catch (cause) {
    throw new ClickUpError(
      'ARTIFACT',
      `the version's elements fail to load: ${String(cause)}`,
      'they are run when they are loaded: see what they do outside of element({ … })',
    )
  }
}

/** Of the code's function; lib/artifact-build.ts writes code that uses them. */
const PARAMETERS = 'clickUpTake, clickUpUrl, require, module, exports'

/** Every element that the modules export. Throws ARTIFACT with all that is wrong with them. */
function classesOf<E>(modules: Modules): E[] {
  const classes = new Map<string, unknown>()
  const findings: Finding[] = []
  for (const [where, module] of modules) {
    const found = elementsIn(module)
    if (found.length === 0) findings.push({ where, message: 'exports no element' })
    for (const spec of found) {
      if (classes.has(spec.name) && classes.get(spec.name) !== spec)
        findings.push({ where, message: `a second element of the name ${spec.name}` })
      classes.set(spec.name, spec)
    }
  }
  if (findings.length > 0) throw unusable(findings)
  return [...classes.values()] as E[]
}

export function unusable(findings: readonly Finding[]): ClickUpError {
  return new ClickUpError(
    'ARTIFACT',
    "the version's elements cannot be used",
    'each file exports the value of element({ … }); move helpers to a subfolder',
    findings,
  )
}

/** The elements among a module's exports. */
export function elementsIn(module: Readonly<Record<string, unknown>>): { name: string }[] {
  return Object.values(module).filter(isElement)
}

function isElement(value: unknown): value is { name: string } {
  if (typeof value !== 'object' || value === null) return false
  const spec = value as Record<string, unknown>
  return typeof spec.name === 'string' && typeof spec.ports === 'string' && 'config' in spec
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}
