// Entry of deploy/click-bin/click: `click-up run` under Click's name, and nothing else loaded.

import { runCommand } from './run.ts'

process.exit(await runCommand(process.argv.slice(2), 'click'))
