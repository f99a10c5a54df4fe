// Starts `click` from one file. deploy/bundle.ts makes it.

/** Code that comes from outside is imported, which a file with a code cache cannot do. */
const ownElements = process.argv.some((word) => /^--el(e(m(e(n(ts?)?)?)?)?)?(=|$)/.test(word))

async function fromModules(): Promise<void> {
  const { runCommand } = await import('../cli/run.js')
  process.exit(await runCommand(process.argv.slice(2), 'click'))
}

if (ownElements) void fromModules()
else require('./load-bundle.cjs').runBundle('click')
