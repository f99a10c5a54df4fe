// click-up upgrade: a service to another version, live, with the progress of each step.

import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { readServiceFile } from '../lib/service-file.ts'
import type { ServiceUpgrade, Upgraded } from '../lib/wire/messages.ts'
import { checkedArtifact } from './check-config.ts'
import { ask, contextOf } from './context.ts'
import { print } from './output.ts'
import { UpgradeView } from './progress.ts'

interface Options {
  readonly to: string
  readonly map?: Readonly<Record<string, string>>
  readonly discard?: readonly string[]
}

const EXAMPLES = `
Examples:
  click-up upgrade nat --to deploy/examples/nat/nat-v2.yaml
  click-up upgrade nat --to 4fe1a09c --map rewriter=rw --discard counters`

export function upgradeCommand(): Command {
  return new Command('upgrade')
    .description('upgrade a service live: state is moved, no packet is lost')
    .argument('<service>', 'name of the service')
    .requiredOption('--to <file|version>', 'service file, or a version that was run before')
    .option('--map <old=new>', "take an element's state into one of another name", addMap)
    .option('--discard <element>', 'leave the state of an element behind', addDiscard)
    .addHelpText('after', EXAMPLES)
    .action(async (service: string, options: Options, command: Command) => {
      const context = contextOf(command)
      const request = await requestOf(service, options)
      const view = new UpgradeView(context.json)
      if (!context.json) print(`${service}: upgrading`)
      const done = await ask<Upgraded>(context, 'service.upgrade', request, {
        onProgress: view.take,
      })
      view.done(done)
    })
}

async function requestOf(service: string, options: Options): Promise<ServiceUpgrade> {
  const { map = {}, discard = [], to } = options
  if (/^[0-9a-f]+$/.test(to) && !existsSync(to))
    return { service, version: to, artifact: null, settings: null, map, discard }
  const file = readServiceFile(to)
  const { artifact } = await checkedArtifact(file)
  const { version, bytes } = artifact
  return { service, version, artifact: bytes, settings: file.settings, map, discard }
}

function addMap(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? []
  if (from === undefined || to === undefined)
    throw new InvalidArgumentError('give old=new, names of elements')
  return { ...before, [from]: to }
}

function addDiscard(name: string, before: string[] = []): string[] {
  return [...before, name]
}
