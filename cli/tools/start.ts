// Entry of the scripts in deploy/click-bin: `start.js TOOL ARGUMENT…`.

import { toolMain } from './main.ts'

process.exit(await toolMain(process.argv[2]!, process.argv.slice(3)))
