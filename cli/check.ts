// click-up check: a configuration, a service file or an element file, and everything that is wrong
// with it.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import { ClickUpError } from '../lib/errors.ts'
import { fileProblem } from '../lib/file-problem.ts'
import type { Excused, HiddenState } from '../lib/hidden-state.ts'
import { readServiceFile } from '../lib/service-file.ts'
import type { Checked } from './check-config.ts'
import { checkConfig, checkedArtifact } from './check-config.ts'
import { contextOf } from './context.ts'
import { print, printJson } from './output.ts'

const EXAMPLES = `
Examples:
  click-up check deploy/examples/nat/nat.click
  click-up check my/elements/FlowCount.ts          an element: does it hold state that would not move?
  click-up check --hidden-state my/service.yaml    what its elements hold undeclared, and why`

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'check a Click configuration, a service file (*.yaml) or an element, without running it',
    )
    .argument('[file]', 'configuration, service file, or element file (*.ts, *.js)')
    .option('--hidden-state', 'list undeclared state with its reasons; no file: built-in elements')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, options: Options, command: Command) => {
      const { json } = contextOf(command)
      if (file === undefined && options.hiddenState !== true)
        command.error("error: missing required argument 'file'")
      if (file === undefined || options.hiddenState === true || isElement(file))
        showHidden(await hiddenStateOf(file), file ?? 'the built-in elements', json)
      else await showChecked(file, json)
    })
}

interface Options {
  readonly hiddenState?: boolean
}

function isElement(file: string): boolean {
  return /\.(ts|js|mjs)$/.test(file)
}

function isService(file: string): boolean {
  return /\.ya?ml$/.test(file)
}

async function hiddenStateOf(file: string | undefined): Promise<HiddenState> {
  const check = await import('../lib/hidden-state-sources.ts')
  if (file === undefined) return check.refuseInOurs()
  if (isElement(file)) return check.refuseInFile(file)
  // A configuration brings no elements.
  const sources = isService(file) ? readServiceFile(file).sources : []
  return check.refuseHiddenState(sources, basename(file))
}

function showHidden({ excused, files }: HiddenState, of: string, json: boolean): void {
  if (json) {
    printJson({ ok: true, of, files: files.length, excused })
    return
  }
  for (const { where, reason } of excused as readonly Excused[]) print(`${where}: ${reason}`)
  const undeclared = excused.length === 0 ? 'none' : `${excused.length} with a reason`
  const many = files.length === 1 ? 'one file' : `${files.length} files`
  print(`${of}: ${many}, undeclared state: ${undeclared}`)
}

async function showChecked(file: string, json: boolean): Promise<void> {
  const { version, checked } = await check(file)
  const { elements, connections, warnings } = checked
  if (json) {
    printJson({ ok: true, file, version, elements, connections, warnings })
    return
  }
  for (const { where, message } of warnings) print(`${where}: warning: ${message}`)
  const of = version === null ? '' : `, version ${version}`
  print(`${file}: no errors; ${elements} elements, ${connections} connections${of}`)
}

async function check(file: string): Promise<{ version: string | null; checked: Checked }> {
  if (isService(file)) {
    const { artifact, checked } = await checkedArtifact(readServiceFile(file))
    return { version: artifact.version, checked }
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const what = `${file}: ${fileProblem(cause)}`
    throw new ClickUpError('CONFIG', what, 'name a Click configuration or a *.yaml')
  }
  return { version: null, checked: await checkConfig(text, basename(file), {}, [], null) }
}
