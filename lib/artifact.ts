// A version of a service as bytes: the Click configuration and the service's own elements, bundled
// into one module with the element API that they were written against. Named by its content: the
// same files make the same version on every machine (no paths, no times inside).
//
// Made by the CLI (the files are the user's), kept by the coordinator, fetched once by the agent,
// loaded by the dataplane. The only file that imports esbuild.

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Finding } from './errors.ts'
import { ClickUpError } from './errors.ts'
import { HOME } from './paths.ts'

/** Hex digits of a version that people see and type. */
export const VERSION_DIGITS = 12
const FORMAT = 1
const DAMAGED = 'made by another release, or damaged: deploy or upgrade from the service file'
const BUNDLING = 'nothing has changed; correct the element files and try again'

export interface Artifact {
  /** SHA-256 of `bytes`, hex, shortened to VERSION_DIGITS: how the version is named everywhere. */
  readonly version: string
  readonly bytes: Uint8Array
}

interface Content {
  readonly format: number
  /** Configuration text, and the file's name for messages. */
  readonly config: string
  readonly configName: string
  readonly defines: Readonly<Record<string, string>>
  /** An ES module that exports `modules`: file name → module; null: only built-in elements. */
  readonly elements: string | null
}

export interface LoadedArtifact<E> {
  readonly version: string
  readonly config: string
  readonly configName: string
  readonly defines: Readonly<Record<string, string>>
  /** Element classes that the version brings. */
  readonly classes: readonly E[]
}

export interface ArtifactSource {
  readonly config: string
  readonly configName: string
  readonly defines?: Readonly<Record<string, string>>
  /** Folder of the service's own elements (*.ts, *.js), or null. */
  readonly elements: string | null
}

/** Throws ARTIFACT, with every error of the bundler, where the elements cannot be bundled. */
export async function buildArtifact(source: ArtifactSource): Promise<Artifact> {
  const content: Content = {
    format: FORMAT,
    config: source.config,
    configName: source.configName,
    defines: Object.fromEntries(Object.entries(source.defines ?? {}).sort()),
    elements: source.elements === null ? null : await bundle(source.elements),
  }
  const bytes = Buffer.from(JSON.stringify(content))
  return { version: versionOf(bytes), bytes }
}

export function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, VERSION_DIGITS)
}

/** Puts an artifact into a folder of its own below `dir`; returns the path for `loadArtifact`. */
export function storeArtifact(dir: string, artifact: Artifact): string {
  if (versionOf(artifact.bytes) !== artifact.version)
    throw new ClickUpError(
      'ARTIFACT',
      `version ${artifact.version}: the bytes are not its own`,
      'damaged on the way, or on the disk: try again',
    )
  const path = artifactPath(dir, artifact.version)
  if (existsSync(path)) return path
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { elements } = parse(artifact.bytes, path)
  if (elements !== null) writeFileSync(join(folder, 'elements.mjs'), elements)
  // Last, and in one step: who finds it finds it whole.
  writeFileSync(`${path}.new`, artifact.bytes)
  renameSync(`${path}.new`, path)
  return path
}

/** Where an artifact is, whether it is there or not. */
export function artifactPath(dir: string, version: string): string {
  return join(dir, version, 'artifact.json')
}

/** Reads an artifact and imports its elements. `E`: dataplane's AnyElement. */
export async function loadArtifact<E = unknown>(path: string): Promise<LoadedArtifact<E>> {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw new ClickUpError(
      'ARTIFACT',
      `${path}: ${(cause as NodeJS.ErrnoException).code}`,
      'it is a file of the agent (run directory, artifacts): was it removed?',
    )
  }
  const { config, configName, defines, elements } = parse(bytes, path)
  const file = join(dirname(path), 'elements.mjs')
  const classes = elements === null ? [] : await importElements<E>(file)
  return { version: versionOf(bytes), config, configName, defines, classes }
}

async function importElements<E>(file: string): Promise<E[]> {
  let modules: Record<string, Record<string, unknown>>
  try {
    modules = ((await import(pathToFileURL(file).href)) as { modules: typeof modules }).modules
  } catch (cause) {
    throw new ClickUpError(
      'ARTIFACT',
      `the version's elements fail to load: ${String(cause)}`,
      'they are run when they are loaded: see what they do outside of element({ … })',
    )
  }
  const classes = new Map<string, E>()
  const findings: Finding[] = []
  for (const [where, module] of Object.entries(modules)) {
    const found = Object.values(module).filter(isElement)
    if (found.length === 0) findings.push({ where, message: 'exports no element' })
    for (const spec of found) {
      if (classes.has(spec.name) && classes.get(spec.name) !== spec)
        findings.push({ where, message: `a second element of the name ${spec.name}` })
      classes.set(spec.name, spec as E)
    }
  }
  if (findings.length > 0)
    throw new ClickUpError(
      'ARTIFACT',
      "the version's elements cannot be used",
      'each file exports the value of element({ … }); move helpers to a subfolder',
      findings,
    )
  return [...classes.values()]
}

function isElement(value: unknown): value is { name: string } {
  if (typeof value !== 'object' || value === null) return false
  const spec = value as Record<string, unknown>
  return typeof spec.name === 'string' && typeof spec.ports === 'string' && 'config' in spec
}

function parse(bytes: Uint8Array, where: string): Content {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw new ClickUpError('ARTIFACT', `${where}: not an artifact`, DAMAGED)
  }
  const c = value as Partial<Content> | null
  if (c === null || c.format !== FORMAT || typeof c.config !== 'string')
    throw new ClickUpError('ARTIFACT', `${where}: not an artifact of format ${FORMAT}`, DAMAGED)
  return c as Content
}

/** Files of the folder, one element each; test files and declarations are not elements. */
function elementFiles(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (cause) {
    throw new ClickUpError(
      'ARTIFACT',
      `${folder}: ${(cause as NodeJS.ErrnoException).code}`,
      '`elements:` of the service file names a folder, relative to the file',
    )
  }
  return names.filter((n) => /\.(ts|js|mjs)$/.test(n) && !/\.(d|test)\.ts$/.test(n)).sort()
}

async function bundle(folder: string): Promise<string> {
  const names = elementFiles(folder)
  if (names.length === 0)
    throw new ClickUpError('ARTIFACT', `${folder}: no *.ts or *.js file`, 'leave out `elements:`')
  const imports = names.map((n, i) => `import * as m${i} from ${JSON.stringify(`./${n}`)}`)
  const list = names.map((n, i) => `${JSON.stringify(n)}: m${i}`)
  const { build } = await import('esbuild')
  try {
    const result = await build({
      stdin: {
        contents: `${imports.join('\n')}\nexport const modules = { ${list.join(', ')} }\n`,
        resolveDir: resolve(folder),
        sourcefile: 'elements',
      },
      absWorkingDir: resolve(folder),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      write: false,
      charset: 'utf8',
      legalComments: 'none',
      // Comments would name files by paths of this machine; names are kept for stack traces.
      minifyWhitespace: true,
      lineLimit: 120,
      logLevel: 'silent',
      plugins: [ownSources()],
    })
    return result.outputFiles[0]!.text
  } catch (cause) {
    throw bundleError(folder, cause)
  }
}

/**
 * Lets imports of click-up's own modules be found wherever the folder lies: `click-up/…`, and
 * relative paths into `dataplane/`, `lib/` or `elements/` that lead nowhere from there.
 */
function ownSources(): import('esbuild').Plugin {
  const root = packageRoot()
  return {
    name: 'click-up',
    setup(build) {
      const own = /^(?:click-up|(?:\.\.?\/)+(?:[^/]+\/)*?)\/?((?:dataplane|lib|elements)\/.+)$/
      build.onResolve({ filter: own }, ({ path, resolveDir }) => {
        if (path.startsWith('.') && existsSync(resolve(resolveDir, path))) return undefined
        const inside = join(root, own.exec(path)![1]!)
        const candidates = [inside, inside.replace(/\.ts$/, '.js')]
        const found = candidates.find((file) => existsSync(file))
        return found === undefined ? undefined : { path: found }
      })
    },
  }
}

/** Folder of the sources: the nearest one above this file with a package.json; else the build's. */
function packageRoot(): string {
  const built = fileURLToPath(HOME)
  const above = dirname(built.replace(/\/$/, ''))
  return existsSync(join(above, 'dataplane', 'element.ts')) ? above : built
}

function bundleError(folder: string, cause: unknown): ClickUpError {
  const errors = (cause as { errors?: import('esbuild').Message[] }).errors ?? []
  if (errors.length === 0)
    return new ClickUpError('ARTIFACT', `${folder}: ${String(cause)}`, BUNDLING)
  const findings = errors.map(({ text, location }) => ({
    where: location === null ? basename(folder) : `${location.file}:${location.line}`,
    message: text,
  }))
  return new ClickUpError('ARTIFACT', `${folder}: cannot be bundled`, BUNDLING, findings)
}
