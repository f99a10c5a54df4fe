// The check for hidden state, for what a user names: the sources of a service, a file, our own
// elements. Refuses with everything that was found; gives back what excuses itself, with reasons.

import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ElementSource } from './element-sources.ts'
import { fileLabel } from './element-sources.ts'
import { ClickUpError } from './errors.ts'
import type { HiddenState } from './hidden-state.ts'
import { checkHiddenState } from './hidden-state.ts'
import { HOME } from './paths.ts'

const BUILD = fileURLToPath(HOME)
const FOLDERS = ['elements', 'dataplane', 'lib']
/** The element API and the library that elements build on, as built and as written. */
const OURS = [BUILD, join(BUILD, '..')].flatMap((root) => FOLDERS.map((f) => `${join(root, f)}/`))

const HINT =
  'declare it as shown (doc/writing-elements.md), or say why it may be lost: // hidden-state: <reason>'

/** Checks the service's own elements. Throws HIDDEN_STATE with all findings. */
export function refuseHiddenState(sources: readonly ElementSource[], of: string): HiddenState {
  const found = sources.map((source) => {
    const result = checkHiddenState(source.files, (file) => fileLabel(source, file), isOurs)
    return source.hiddenState === null ? result : excusedAll(result, source.hiddenState)
  })
  const all = {
    findings: found.flatMap((r) => r.findings),
    excused: found.flatMap((r) => r.excused),
    files: [...new Set(found.flatMap((r) => r.files))],
  }
  return refused(all, `elements of ${of}`)
}

/** The service file answers for a source that cannot answer for itself. */
function excusedAll({ findings, excused, files }: HiddenState, reason: string): HiddenState {
  return {
    findings: [],
    excused: [...excused, ...findings.map(({ where }) => ({ where, reason }))],
    files,
  }
}

/** Checks one element file and its helpers. Throws HIDDEN_STATE with all findings. */
export function refuseInFile(file: string): HiddenState {
  if (!existsSync(file))
    throw new ClickUpError('NOT_FOUND', `${file}: no such file`, 'name an element file')
  const folder = dirname(resolve(file))
  const label = (path: string) => relative(folder, path)
  return refused(checkHiddenState([resolve(file)], label, isOurs), basename(file))
}

/** Checks the built-in elements, as they are in the build. Throws HIDDEN_STATE with all findings. */
export function refuseInOurs(): HiddenState {
  const folder = join(BUILD, 'elements')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    // Helpers come by being imported: what a build left behind of others is nobody's.
    .filter((name) => /^[a-z0-9]+\/[A-Z]\w*\.js$/.test(name))
    .sort()
    .map((name) => join(folder, name))
  const label = (path: string) => relative(BUILD, path)
  const isOther = (path: string) => !path.startsWith(`${folder}/`)
  return refused(checkHiddenState(files, label, isOther), 'the built-in elements')
}

function isOurs(file: string): boolean {
  return OURS.some((folder) => file.startsWith(folder))
}

function refused(result: HiddenState, what: string): HiddenState {
  const { findings } = result
  if (findings.length === 0) return result
  const places = findings.length === 1 ? 'one place' : `${findings.length} places`
  const message = `${what}: hidden state in ${places}`
  throw new ClickUpError('HIDDEN_STATE', message, HINT, findings)
}
