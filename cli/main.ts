// The command line: one file a command, found here by name. `run` gets its arguments raw, since they
// are Click's; everything else goes through commander.

import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { agentCommand } from './agent.ts'
import { buildCommand } from './build.ts'
import { checkCommand } from './check.ts'
import { compileCommand } from './compile.ts'
import { coordinatorCommand } from './coordinator.ts'
import { deployCommand } from './deploy.ts'
import { docCommand } from './doc.ts'
import { EXIT, EXIT_HELP } from './exit.ts'
import { handlerCommand } from './handler.ts'
import { logsCommand } from './logs.ts'
import { fail, failUsage, outliveReaders } from './output.ts'
import { rollbackCommand } from './rollback.ts'
import { statusCommand } from './status.ts'
import { TOOLS, toolMain } from './tools/main.ts'
import { undeployCommand } from './undeploy.ts'
import { upgradeCommand } from './upgrade.ts'

const COMMANDS = [
  coordinatorCommand,
  agentCommand,
  deployCommand,
  statusCommand,
  upgradeCommand,
  rollbackCommand,
  undeployCommand,
  logsCommand,
  handlerCommand,
  checkCommand,
  buildCommand,
  compileCommand,
  docCommand,
]

/** Complaints come in one form, as text or JSON: `failUsage` makes it. */
const SILENT = { outputError: () => {} }

/** Processes that go on until they are told to stop. */
const SERVING = ['coordinator', 'agent']

function program(): Command {
  const root = new URL('../package.json', import.meta.url)
  const file = [root, new URL('../../package.json', import.meta.url)].find(readable)
  const version = file === undefined ? '?' : JSON.parse(readFileSync(file, 'utf8')).version
  const cli = new Command('click-up')
    .description('Stateful network functions in Click, upgraded live: nothing lost.')
    .version(version)
    .option('--dir <dir>', 'run directory (default: /run/click-up, or below $XDG_RUNTIME_DIR)')
    .option('--coordinator <endpoint>', "coordinator's endpoint (default: in the run directory)")
    .option('--json', 'print JSON, one object a line')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_HELP)
    .exitOverride()
    .configureOutput(SILENT)
  for (const command of COMMANDS) {
    const sub = command().exitOverride().configureHelp({ showGlobalOptions: true })
    cli.addCommand(sub.configureOutput(SILENT))
  }
  // Listed for help only: main() takes these before commander sees them.
  cli.command('run').description('run one configuration on its own, with the options of Click')
  for (const [name, { what }] of Object.entries(TOOLS)) cli.command(name).description(what)
  return cli
}

function readable(file: URL): boolean {
  try {
    readFileSync(file)
    return true
  } catch {
    return false
  }
}

async function main(argv: string[]): Promise<void> {
  if (argv[0] === 'run') {
    const { runCommand } = await import('./run.ts')
    process.exit(await runCommand(argv.slice(1)))
  }
  if (argv[0] !== undefined && Object.hasOwn(TOOLS, argv[0]))
    process.exit(await toolMain(argv[0], argv.slice(1), EXIT.usage))
  outliveReaders(SERVING.some((command) => argv.includes(command)))
  const cli = program()
  try {
    if (argv.length === 0) {
      cli.outputHelp()
      process.exitCode = EXIT.usage
      return
    }
    await cli.parseAsync(argv, { from: 'user' })
  } catch (cause) {
    const json = argv.includes('--json')
    // Help and version end like this too, and are printed already.
    if (!(cause instanceof CommanderError)) fail(cause, json)
    else if (cause.exitCode === 0) process.exitCode = EXIT.ok
    else if (cause.code === 'commander.help') process.exitCode = EXIT.usage
    else failUsage(cause.message, json)
  }
}

await main(process.argv.slice(2))
