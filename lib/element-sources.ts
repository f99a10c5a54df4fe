// Where a service's own elements come from: folders and npm packages that the service file names.
//
//   elements: ./elements
//   elements: [./elements, 'npm:click-up-extra']
//   elements:
//     - ./elements
//     - { from: 'npm:click-up-extra', replaces: [Counter], hidden-state: 'why it may be lost' }
//
// A folder gives its *.ts and *.js files. A package is looked for in node_modules, from the service
// file's folder upwards, and says itself what it gives: "click-up": { "elements": … } in its
// package.json (folders, files), or else its main module. Nothing is run or bundled here.
//
// Who wins a name: a folder's class takes the place of a built-in one (it is the service's own code);
// for a package, and between two sources, the service file has to say so: `replaces`.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileProblem } from './file-problem.ts'

export interface ElementSource {
  /** As the service file says it: './elements', 'npm:click-up-extra'. */
  readonly from: string
  readonly kind: 'folder' | 'package'
  /** Absolute. What `fileLabel` is relative to. */
  readonly folder: string
  /** Absolute paths of the modules that export elements, in a fixed order. */
  readonly files: readonly string[]
  /** Classes that win over those of the same name elsewhere. */
  readonly replaces: readonly string[]
  /** Why what it holds undeclared may be lost: for code that cannot say it itself. Null: it must not. */
  readonly hiddenState: string | null
}

/** What is wrong, and where below `elements`: [] all of it, [1] its second entry. */
export interface SourceProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const PACKAGE = /^npm:(.*)$/
/** npm's rule for names that can be installed, scope included. */
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const CLASS_NAME = /^[A-Za-z_]\w*$/
const FORMS = "a folder, 'npm:<package>', or { from: …, replaces: [Class] }"
const KEYS = ['from', 'replaces', 'hidden-state']

/**
 * Finds the sources that the value of `elements` names; undefined: none.
 * @param base the service file's folder
 */
export function findElementSources(
  value: unknown,
  base: string,
): { sources: ElementSource[]; problems: SourceProblem[] } {
  const problems: SourceProblem[] = []
  const sources: ElementSource[] = []
  if (value === undefined) return { sources, problems }
  const entries = Array.isArray(value) ? value : [value]
  for (const [index, entry] of entries.entries()) {
    const path = Array.isArray(value) ? [index] : []
    const found = findOne(entry, base)
    if (typeof found === 'string') problems.push({ path, message: found })
    else if (sources.some((s) => s.from === found.from))
      problems.push({ path, message: `${found.from}: is there twice` })
    else sources.push(found)
  }
  return { sources, problems }
}

/** Name of a file for messages and for the artifact: the same on every machine. */
export function fileLabel(source: ElementSource, file: string): string {
  const inside = relative(source.folder, file)
  return source.kind === 'folder' ? inside : `${source.from.slice('npm:'.length)}/${inside}`
}

/** The source, or what is wrong with the entry. */
function findOne(entry: unknown, base: string): ElementSource | string {
  if (typeof entry === 'string') return findSource(entry, { replaces: [], hiddenState: null }, base)
  if (typeof entry !== 'object' || entry === null) return `${JSON.stringify(entry)} is not ${FORMS}`
  const unknown = Object.keys(entry).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `unknown key '${unknown}'; known: ${KEYS.join(', ')}`
  const { from, replaces = [], 'hidden-state': hiddenState = null } = entry as Entry
  if (typeof from !== 'string') return `'from' is missing: ${FORMS}`
  const classes = Array.isArray(replaces) ? replaces : [replaces]
  const wrong = classes.find((c) => typeof c !== 'string' || !CLASS_NAME.test(c))
  if (wrong !== undefined) return `replaces: ${JSON.stringify(wrong)} is not an element class`
  if (hiddenState !== null && (typeof hiddenState !== 'string' || hiddenState.trim() === ''))
    return `hidden-state: ${JSON.stringify(hiddenState)} is not a reason`
  return findSource(from, { replaces: classes as string[], hiddenState }, base)
}

type Entry = Partial<Record<'from' | 'replaces' | 'hidden-state', unknown>>
type Said = Pick<ElementSource, 'replaces' | 'hiddenState'>

function findSource(from: string, said: Said, base: string): ElementSource | string {
  const name = PACKAGE.exec(from)?.[1]
  if (name !== undefined) return findPackage(from, name, said, base)
  if (from === '') return `'' is not ${FORMS}`
  const folder = resolve(base, from)
  const files = filesIn(folder)
  if (typeof files === 'string') return `${from}: ${files}`
  return { from, kind: 'folder', folder, files, ...said }
}

function findPackage(from: string, name: string, said: Said, base: string): ElementSource | string {
  if (!PACKAGE_NAME.test(name)) {
    const [, bare] = /^(@?[^@]+)@/.exec(name) ?? []
    const hint = bare === undefined ? '' : `: 'npm:${bare}', whose version node_modules has`
    return `'${from}': '${name}' is not the name of an npm package${hint}`
  }
  const folder = packageFolder(name, base)
  if (folder === null)
    return `${from}: not found in node_modules of ${base} or above: npm install ${name}`
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  } catch (cause) {
    return `${from}: ${join(folder, 'package.json')} cannot be read: ${fileProblem(cause)}`
  }
  const files: string[] = []
  for (const place of placesOf(manifest)) {
    const found = filesAt(resolve(folder, place))
    if (typeof found === 'string') return `${from}: its package.json names ${place}: ${found}`
    files.push(...found)
  }
  return { from, kind: 'package', folder, files, ...said }
}

interface Manifest {
  readonly 'click-up'?: { readonly elements?: string | readonly string[] }
  readonly exports?: unknown
  readonly module?: string
  readonly main?: string
}

/** Where the package's elements are, relative to it. */
function placesOf(manifest: Manifest): readonly string[] {
  const declared = manifest['click-up']?.elements
  if (typeof declared === 'string') return [declared]
  if (Array.isArray(declared)) return declared.map(String)
  return [mainExport(manifest.exports) ?? manifest.module ?? manifest.main ?? 'index.js']
}

/** The module of `exports` that an import of the package's name gets. */
function mainExport(exports: unknown): string | null {
  if (typeof exports === 'string') return exports
  if (Array.isArray(exports)) return mainExport(exports[0])
  if (typeof exports !== 'object' || exports === null) return null
  // Keys are either paths ('.' is the package itself) or conditions, in the package's order.
  for (const [key, value] of Object.entries(exports)) {
    if (!['.', 'import', 'node', 'module', 'default'].includes(key)) continue
    const found = mainExport(value)
    if (found !== null) return found
  }
  return null
}

/** Node's own search: node_modules of the folder and of those above it. */
function packageFolder(name: string, base: string): string | null {
  for (let at = resolve(base); ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (isThere(join(folder, 'package.json'))) return folder
    if (dirname(at) === at) return null
  }
}

function filesAt(place: string): readonly string[] | string {
  try {
    return statSync(place).isDirectory() ? filesIn(place) : [place]
  } catch (cause) {
    return fileProblem(cause)
  }
}

/** Files of a folder, one element each; test files and declarations are not elements. */
function filesIn(folder: string): readonly string[] | string {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code
    return problem === 'ENOENT' ? `no such folder: ${folder}` : fileProblem(cause)
  }
  const files = names.filter((n) => /\.(ts|js|mjs)$/.test(n) && !/\.(d|test)\.(ts|js)$/.test(n))
  if (files.length === 0) return 'has no *.ts or *.js file'
  return files.sort().map((n) => join(folder, n))
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}

/** A class that a module of a source exports. */
export interface SourceClass {
  readonly name: string
  readonly source: ElementSource
  /** Absolute path. */
  readonly file: string
}

/**
 * Which source each class comes from, by name. What nobody decided is a problem: two sources of a
 * name, a package's class that is built in, no element where one was promised.
 */
export function chooseClasses<C extends SourceClass>(
  sources: readonly ElementSource[],
  found: readonly C[],
  isBuiltIn: (name: string) => boolean,
): { chosen: ReadonlyMap<string, C>; problems: string[] } {
  const problems = sources.flatMap((source) => emptyPromises(source, found))
  const chosen = new Map<string, C>()
  for (const name of new Set(found.map((c) => c.name))) {
    const candidates = found.filter((c) => c.name === name)
    const winner = winnerOf(name, candidates, isBuiltIn(name))
    if (typeof winner === 'string') problems.push(winner)
    else chosen.set(name, winner)
  }
  return { chosen, problems }
}

function emptyPromises(source: ElementSource, found: readonly SourceClass[]): string[] {
  const own = found.filter((c) => c.source === source)
  const silent = source.files.filter((file) => !own.some((c) => c.file === file))
  return [
    ...silent.map((file) => `${fileLabel(source, file)}: exports no element`),
    ...source.replaces
      .filter((name) => !own.some((c) => c.name === name))
      .map((name) => `${source.from}: replaces ${name}, but exports no element of that name`),
  ]
}

function winnerOf<C extends SourceClass>(
  name: string,
  candidates: readonly C[],
  builtIn: boolean,
): C | string {
  const [first, second] = candidates as [C, C | undefined]
  const place = (c: SourceClass) => `${c.source.from} (${basename(c.file)})`
  if (second?.source === first.source)
    return `${place(first)} and ${place(second)}: two elements of the name ${name} in one source`
  const claims = candidates.filter((c) => c.source.replaces.includes(name))
  if (claims.length === 1) return claims[0]!
  const say = (c: SourceClass) => `{ from: '${c.source.from}', replaces: [${name}] }`
  if (claims.length > 1)
    return `${name}: both ${place(claims[0]!)} and ${place(claims[1]!)} say that they replace it`
  if (second !== undefined)
    return `${name} is in ${place(first)} and in ${place(second)}: say which one is meant, ${say(first)}`
  if (builtIn && first.source.kind === 'package')
    return `${name} of ${place(first)} is also built in: if it is meant to win, ${say(first)}`
  return first
}
