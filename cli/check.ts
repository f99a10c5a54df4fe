// click-up check: a configuration or a service file, and everything that is wrong with it.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import { ClickUpError } from '../lib/errors.ts'
import { fileProblem } from '../lib/file-problem.ts'
import { readServiceFile } from '../lib/service-file.ts'
import type { Checked } from './check-config.ts'
import { checkConfig, checkedArtifact } from './check-config.ts'
import { contextOf } from './context.ts'
import { print, printJson } from './output.ts'

export function checkCommand(): Command {
  return new Command('check')
    .description('check a Click configuration, or a service file (*.yaml), without running it')
    .argument('<file>', 'configuration or service file')
    .addHelpText('after', '\nExample: click-up check deploy/examples/nat/nat.click')
    .action(async (file: string, _options: unknown, command: Command) => {
      const { json } = contextOf(command)
      const { version, checked } = await check(file)
      const { elements, connections, warnings } = checked
      if (json) {
        printJson({ ok: true, file, version, elements, connections, warnings })
        return
      }
      for (const { where, message } of warnings) print(`${where}: warning: ${message}`)
      const of = version === null ? '' : `, version ${version}`
      print(`${file}: no errors; ${elements} elements, ${connections} connections${of}`)
    })
}

async function check(file: string): Promise<{ version: string | null; checked: Checked }> {
  if (/\.ya?ml$/.test(file)) {
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
