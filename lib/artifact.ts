// A version of a service as bytes: the Click configuration, and the code of exactly the element
// classes that it uses, bundled (lib/artifact-build.ts). Named by its content: the same files make
// the same version on every machine (no paths, no times inside).
//
//   JSON text                           what the version is; its hash is the version's name
//   NUL, JSON line, V8's code cache     an accelerator, where there is one: not part of the hash
//
// Made by the CLI (the files are the user's), kept by the coordinator, fetched once by the agent,
// loaded by the dataplane (lib/artifact-load.ts). On a host it is a folder:
//
//   <version>/artifact.json             the first part
//   <version>/elements.js               its code, for stack traces and for people
//   <version>/elements.<tag>.cache      code caches, each for one Node.js with its flags and CPU

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ClickUpError } from './errors.ts'
import type { RuntimeNeeds } from './runtime.ts'

/** Hex digits of a version that people see and type. */
export const VERSION_DIGITS = 12
const FORMAT = 2
/** How the bytes of any version begin. */
const MARK = '{"format":'
const DAMAGED = 'made by another release, or damaged: deploy or upgrade from the service file'

export interface Artifact {
  /** SHA-256 of the content, hex, shortened to VERSION_DIGITS: how the version is named everywhere. */
  readonly version: string
  readonly bytes: Uint8Array
}

export interface Content {
  /** The runtime release (lib/runtime.ts) that it was built with, and what it takes from it. */
  readonly runtime: string
  readonly takes: RuntimeNeeds
  /** Configuration text, and the file's name for messages. */
  readonly config: string
  readonly configName: string
  readonly defines: Readonly<Record<string, string>>
  /** CommonJS code that exports `modules`: pairs of file name and module. */
  readonly elements: string
  /**
   * By class, a hash of its code with all that it imports: equal in two versions where one can use
   * what the other has loaded (an upgrade in place).
   */
  readonly classes?: Readonly<Record<string, string>>
}

/** A code cache and whom it fits: v8.cachedDataVersionTag(). */
export interface CodeCache {
  readonly tag: number
  readonly data: Uint8Array
}

export function encodeArtifact(content: Content): Artifact {
  const bytes = Buffer.from(JSON.stringify({ format: FORMAT, ...content }))
  return { version: versionOf(bytes), bytes }
}

/** The same version with an accelerator. */
export function withCodeCache({ version, bytes }: Artifact, { tag, data }: CodeCache): Artifact {
  const line = `\0${JSON.stringify({ tag, sha256: sha256(data) })}\n`
  return { version, bytes: Buffer.concat([contentOf(bytes), Buffer.from(line), data]) }
}

export function versionOf(bytes: Uint8Array): string {
  return sha256(contentOf(bytes)).slice(0, VERSION_DIGITS)
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
  const content = contentOf(artifact.bytes)
  writeFileSync(codePath(path), parseContent(content, path).elements)
  const cache = codeCacheOf(artifact.bytes)
  if (cache !== null) writeFileSync(cachePath(path, cache.tag), cache.data)
  // Last, and in one step: who finds it finds it whole.
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
  return path
}

/** The version that `click-up build --output` wrote; null: another file. Throws ARTIFACT. */
export function artifactFromFile(file: string): Artifact | null {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch {
    return null // who reads it as something else says what is wrong
  }
  if (!Buffer.from(bytes.subarray(0, MARK.length)).equals(Buffer.from(MARK))) return null
  parseContent(contentOf(bytes), file)
  return { version: versionOf(bytes), bytes }
}

/** Where an artifact is, whether it is there or not. */
export function artifactPath(dir: string, version: string): string {
  return join(dir, version, 'artifact.json')
}

/** The code beside a stored artifact. */
export function codePath(path: string): string {
  return join(dirname(path), 'elements.js')
}

/** Its code cache for V8s of this tag, whether it is there or not. */
export function cachePath(path: string, tag: number): string {
  return join(dirname(path), `elements.${tag.toString(16)}.cache`)
}

/** Throws ARTIFACT. @param path of a stored artifact */
export function readArtifact(path: string): { version: string; content: Content } {
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
  return { version: versionOf(bytes), content: parseContent(bytes, path) }
}

function parseContent(bytes: Uint8Array, where: string): Content {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw new ClickUpError('ARTIFACT', `${where}: not an artifact`, DAMAGED)
  }
  const c = value as (Partial<Content> & { format?: number }) | null
  if (c === null || c.format !== FORMAT || typeof c.config !== 'string')
    throw new ClickUpError('ARTIFACT', `${where}: not an artifact of format ${FORMAT}`, DAMAGED)
  return c as Content
}

/** JSON text has no NUL in it. */
function contentOf(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

/** Null where there is none, or a damaged one: it is only there for speed. */
function codeCacheOf(bytes: Uint8Array): CodeCache | null {
  const start = bytes.indexOf(0)
  const end = bytes.indexOf(10, start)
  if (start < 0 || end < 0) return null
  try {
    const line = JSON.parse(Buffer.from(bytes.subarray(start + 1, end)).toString())
    const data = bytes.subarray(end + 1)
    return Number.isInteger(line.tag) && sha256(data) === line.sha256
      ? { tag: line.tag, data }
      : null
  } catch {
    return null
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
