// click-up build: a service's version as bytes, without a coordinator, and what is in it and why.
// deploy and upgrade make theirs in the same way, so the same files have the same version here.

import { renameSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import type { BuiltArtifact, BundledModule } from '../lib/artifact-build.ts'
import { ClickUpError } from '../lib/errors.ts'
import { fileProblem } from '../lib/file-problem.ts'
import { readServiceFile } from '../lib/service-file.ts'
import { checkedArtifact } from './check-config.ts'
import { contextOf } from './context.ts'
import { print, printJson } from './output.ts'

interface Options {
  readonly explain?: boolean
  readonly output?: string
}

const EXAMPLES = `
Examples:
  click-up build deploy/examples/nat/nat-v2.yaml --explain
  click-up build nat.yaml --output nat.version && click-up upgrade nat --to nat.version`

/** Elements, or modules, that are named before the rest is only counted. */
const NAMED = 4

export function buildCommand(): Command {
  return new Command('build')
    .description('build the version that a service file makes: exactly the element code it uses')
    .argument('<file>', 'service file (YAML)')
    .option('--explain', 'list the modules that are in it, with sizes, and who asked for each')
    .option('--output <file>', 'write the version there; `upgrade --to` takes it')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, options: Options, command: Command) => {
      const { json } = contextOf(command)
      const file = readServiceFile(path)
      const { built, artifact } = await checkedArtifact(file)
      if (options.output !== undefined) write(options.output, artifact.bytes)
      const figures = figuresOf(built, artifact.bytes.length)
      const { service } = file.settings
      if (json) {
        const { modules, takes, unused } = built
        const why = options.explain === true ? { contents: modules, takes, unused } : {}
        printJson({ ok: true, service, ...figures, output: options.output ?? null, ...why })
        return
      }
      show(service, figures)
      if (options.output !== undefined) print(`  written to ${options.output}`)
      if (options.explain === true) explain(built)
    })
}

interface Figures {
  readonly version: string
  readonly runtime: string
  /** Bytes of the version itself, and of the code cache that comes along with it. */
  readonly bytes: number
  readonly cache_bytes: number
  readonly modules: number
  readonly classes: number
}

function figuresOf(built: BuiltArtifact, withCache: number): Figures {
  const { version, runtime, bytes, modules } = built
  return {
    version,
    runtime,
    bytes: bytes.length,
    cache_bytes: withCache - bytes.length,
    modules: modules.length,
    classes: modules.filter((m) => m.className !== null).length,
  }
}

function show(service: string, f: Figures): void {
  print(`${service}: version ${f.version}, for runtime ${f.runtime}`)
  print(`  ${f.modules} modules (${f.classes} of them element classes), ${kib(f.bytes)}`)
  print(`  with ${kib(f.cache_bytes)} of V8's code cache, which is not part of the version`)
}

function explain({ modules, takes, unused }: BuiltArtifact): void {
  print('\n    bytes  module')
  for (const module of modules) {
    print(`${String(module.bytes).padStart(9)}  ${module.path}`)
    print(`           ${whyText(module)}`)
  }
  print('\ntaken from the runtime:')
  for (const [module, names] of Object.entries(takes)) print(`  ${module}: ${names.join(', ')}`)
  if (unused.length > 0)
    print(`\nleft out, since the configuration does not use them: ${unused.join(', ')}`)
}

function whyText({ className, askedBy }: BundledModule): string {
  const rest = askedBy.length - NAMED
  const more = rest > 0 ? ` and ${rest} more` : ''
  const names = askedBy.slice(0, NAMED).join(', ') + more
  return className === null ? `<- ${names}` : `${className} :: ${names}`
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`
}

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(`${file}.new`, bytes)
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw new ClickUpError('ARTIFACT', `${file}: ${fileProblem(cause)}`, 'name another --output')
  }
}
