// Building a version: which element classes its configuration uses, where they are, and one file of
// exactly their modules. A class is the service's own, if it brings one of that name, or a built-in
// one; what those import comes along. The configuration itself is checked elsewhere (cli/check-config):
// of one with errors, what can be understood is built. The only file that imports esbuild.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import type { Message, Metafile } from 'esbuild'
import type { Artifact } from './artifact.ts'
import { encodeArtifact } from './artifact.ts'
import { elementsIn, runElements, unusable } from './artifact-load.ts'
import { constantTakes, ownModules, shownPath, takenBy } from './artifact-modules.ts'
import { parseConfig } from './click/index.ts'
import { classFiles } from './element-files.ts'
import type { ElementSource, SourceClass } from './element-sources.ts'
import { chooseClasses, fileLabel, findElementSources } from './element-sources.ts'
import { ClickUpError, type Finding } from './errors.ts'
import type { RuntimeNeeds } from './runtime.ts'
import { runtimeRelease } from './runtime.ts'

const BUNDLING = 'nothing has changed; correct the element files and try again'

export interface ArtifactSource {
  readonly config: string
  readonly configName: string
  readonly defines?: Readonly<Record<string, string>>
  /** Where the service's own elements come from. */
  readonly sources?: readonly ElementSource[]
  /** The same for a single folder (*.ts, *.js), or null. */
  readonly elements: string | null
  /** Classes that it is to have besides those that its configuration uses. */
  readonly also?: readonly string[]
}

/** A module of the bundle, for people. */
export interface BundledModule {
  readonly path: string
  /** Bytes that it takes in the bundle. */
  readonly bytes: number
  /** Modules that import it; for an element class, elements of the configuration. */
  readonly askedBy: readonly string[]
  /** The class that the configuration names, or null: a helper. */
  readonly className: string | null
}

export interface BuiltArtifact extends Artifact {
  readonly runtime: string
  readonly takes: RuntimeNeeds
  readonly modules: readonly BundledModule[]
  /** The service's own classes that its configuration does not use: left out. */
  readonly unused: readonly string[]
}

/** A file that is bundled for the classes that it exports. */
interface Entry {
  readonly label: string
  readonly file: string
}

/** Throws ARTIFACT, with every error of the bundler, where the elements cannot be bundled. */
export async function buildArtifact(source: ArtifactSource): Promise<BuiltArtifact> {
  const { config, configName } = source
  const folder = resolve(source.elements ?? '.')
  const defines = Object.fromEntries(Object.entries(source.defines ?? {}).sort())
  const uses = usesOf(config, configName, defines)
  const own = await ownClasses(sourcesOf(source), folder)
  // By file: one may export several classes.
  const entries = new Map<string, Entry>()
  const classAt = new Map<string, string>()
  for (const name of [...new Set([...uses.keys(), ...(source.also ?? [])])].sort()) {
    const entry = own.get(name) ?? builtIn(name)
    if (entry === null) continue
    entries.set(entry.file, entry)
    classAt.set(shownPath(entry.file, folder), name)
  }
  const { code, metafile } = await bundle([...entries.values()], folder)
  const takes = takenBy(code)
  const runtime = runtimeRelease().release
  const classes = classHashes(metafile, folder, entries.values(), classAt)
  const content = { runtime, takes, config, configName, defines, elements: code, classes }
  return {
    ...encodeArtifact(content),
    runtime,
    takes,
    modules: modulesOf(metafile, folder, (path) => {
      const className = classAt.get(path) ?? null
      return className === null ? null : { className, elements: uses.get(className) ?? [] }
    }),
    unused: [...own.keys()].filter((name) => !uses.has(name)).sort(),
  }
}

/** Classes that a configuration uses, compound elements expanded, and the elements of each. */
function usesOf(
  config: string,
  filename: string,
  defines: Readonly<Record<string, string>>,
): Map<string, string[]> {
  const uses = new Map<string, string[]>()
  for (const { name, className } of parseConfig(config, { filename, defines }).graph.elements)
    uses.set(className, [...(uses.get(className) ?? []), name])
  return uses
}

function sourcesOf({ sources, elements }: ArtifactSource): readonly ElementSource[] {
  if (sources !== undefined) return sources
  if (elements === null) return []
  const found = findElementSources(elements, '.')
  if (found.problems.length === 0) return found.sources
  const findings = found.problems.map(({ message }) => ({ where: elements, message }))
  throw new ClickUpError(
    'ARTIFACT',
    `${elements}: ${findings[0]!.message}`,
    '`elements:` of the service file names folders, relative to the file, and npm packages',
    findings,
  )
}

/** The files of the service's own classes. */
async function ownClasses(
  sources: readonly ElementSource[],
  folder: string,
): Promise<Map<string, Entry>> {
  const chosen = await chosenClasses(sources, folder)
  return new Map(
    [...chosen].map(([name, { source, file }]) => [name, { label: fileLabel(source, file), file }]),
  )
}

/** The classes of sources, run in this process: for a configuration that is no service's. */
export async function loadSources<E>(
  sources: readonly ElementSource[],
): Promise<ReadonlyMap<string, E>> {
  const chosen = await chosenClasses(sources, resolve(sources[0]?.folder ?? '.'))
  return new Map([...chosen].map(([name, { element }]) => [name, element as E]))
}

/** A class, and the element that its module exports. */
interface RunClass extends SourceClass {
  readonly element: unknown
}

/**
 * The classes of sources, by name. Their names are in the code, so it is run; what is wrong with any
 * file is said, whether a configuration uses it or not.
 */
async function chosenClasses(
  sources: readonly ElementSource[],
  folder: string,
): Promise<ReadonlyMap<string, RunClass>> {
  const files = sources.flatMap((source) => source.files.map((file) => ({ source, file })))
  if (files.length === 0) return new Map()
  const entries = files.map(({ source, file }) => ({ label: fileLabel(source, file), file }))
  const { code } = await bundle(entries, folder)
  const content = { elements: code, takes: takenBy(code), runtime: runtimeRelease().release }
  const { modules } = await runElements(content, resolve(folder, 'elements.js'), null)
  const found = modules.flatMap(([, module], i): RunClass[] =>
    elementsIn(module).map((element) => ({ name: element.name, element, ...files[i]! })),
  )
  const { chosen, problems } = chooseClasses(sources, found, (name) => classFiles().has(name))
  if (problems.length > 0) throw unusable(problems.map(asFinding))
  return chosen
}

/** A problem of one file begins with the file's name. */
function asFinding(problem: string): Finding {
  const [, where, message] = /^(\S+\.(?:ts|js|mjs)): (.*)$/.exec(problem) ?? []
  return where === undefined ? { where: '', message: problem } : { where, message: message! }
}

function builtIn(name: string): Entry | null {
  const file = classFiles().get(name)
  return file === undefined ? null : { label: shownPath(file, '/'), file }
}

/** One file of these modules and what they import, but for what the runtime has. */
async function bundle(
  entries: readonly Entry[],
  folder: string,
): Promise<{ code: string; metafile: Metafile }> {
  const imports = entries.map(({ file }, i) => `import * as m${i} from ${JSON.stringify(file)}`)
  const list = entries.map(({ label }, i) => `[${JSON.stringify(label)}, m${i}]`)
  const { build } = await import('esbuild')
  try {
    const { outputFiles, metafile } = await build({
      stdin: {
        contents: `${imports.join('\n')}\nexport const modules = [${list.join(', ')}]\n`,
        resolveDir: folder,
        sourcefile: 'elements',
      },
      absWorkingDir: folder,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      write: false,
      metafile: true,
      charset: 'utf8',
      legalComments: 'none',
      // Code from a cache cannot import; it can require.
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': 'clickUpUrl' },
      // The same files make the same code, whatever lies above them.
      tsconfigRaw: '{}',
      // Comments would name files by paths of this machine; names are kept for stack traces.
      minifyWhitespace: true,
      lineLimit: 120,
      logLevel: 'silent',
      plugins: [ownModules(runtimeRelease())],
    })
    return { code: constantTakes(outputFiles[0]!.text), metafile }
  } catch (cause) {
    throw bundleError(folder, cause)
  }
}

/** What is in the bundle and who asked for it, the largest first. */
function modulesOf(
  { inputs, outputs }: Metafile,
  folder: string,
  classAt: (path: string) => { className: string; elements: readonly string[] } | null,
): BundledModule[] {
  const sizes = Object.values(outputs)[0]?.inputs ?? {}
  const askedBy = new Map<string, string[]>()
  for (const [input, { imports }] of Object.entries(inputs))
    for (const { path } of imports)
      askedBy.set(path, [...(askedBy.get(path) ?? []), shownPath(input, folder)])
  return Object.entries(sizes)
    .filter(([input]) => input !== 'elements' && !input.startsWith('runtime:'))
    .map(([input, { bytesInOutput: bytes }]): BundledModule => {
      const path = shownPath(input, folder)
      const use = classAt(path)
      const by = use?.elements ?? askedBy.get(input) ?? []
      return { path, bytes, className: use?.className ?? null, askedBy: by }
    })
    .sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
}

/** A hash of each class's module and all that it imports, by class. */
function classHashes(
  { inputs }: Metafile,
  folder: string,
  entries: Iterable<Entry>,
  classAt: ReadonlyMap<string, string>,
): Record<string, string> {
  const hashes: [string, string][] = []
  const byFile = new Map(Object.keys(inputs).map((input) => [resolve(folder, input), input]))
  for (const { file } of entries) {
    const name = classAt.get(shownPath(file, folder))
    const first = byFile.get(resolve(file))
    if (name === undefined || first === undefined) continue
    const reached = new Set([first])
    for (const input of reached)
      for (const { path } of inputs[input]?.imports ?? []) reached.add(path)
    const hash = createHash('sha256')
    // Named from the class's own file, so that it is the same wherever that is. What is not bundled
    // (of the runtime, 'node:fs') has a name, and no place.
    const nameOf = (r: string) =>
      r.startsWith('runtime:') || !Object.hasOwn(inputs, r)
        ? r
        : relative(dirname(resolve(file)), resolve(folder, r))
    for (const input of [...reached].map((r) => [nameOf(r), r]).sort()) {
      const path = resolve(folder, input[1]!)
      hash.update(`${input[0]}\0`)
      // What the runtime has is not bundled: which release it is, is told besides.
      if (existsSync(path)) hash.update(readFileSync(path))
    }
    hashes.push([name, hash.digest('hex').slice(0, 16)])
  }
  return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function bundleError(folder: string, cause: unknown): ClickUpError {
  const errors = (cause as { errors?: Message[] }).errors ?? []
  if (errors.length === 0)
    return new ClickUpError('ARTIFACT', `${folder}: ${String(cause)}`, BUNDLING)
  const findings = errors.map(({ text, location }) => ({
    where: location === null ? basename(folder) : `${location.file}:${location.line}`,
    message: text,
  }))
  return new ClickUpError('ARTIFACT', `${folder}: cannot be bundled`, BUNDLING, findings)
}
