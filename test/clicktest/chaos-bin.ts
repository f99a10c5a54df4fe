// A folder of commands like another one, whose `click` gets more options.

import { chmodSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Makes the folder; it is the caller's to remove. */
export function binWithOptions(bin: string, options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'clicktest-bin-'))
  for (const name of readdirSync(bin)) {
    if (name !== 'click') symlinkSync(resolve(bin, name), join(folder, name))
  }
  const click = join(folder, 'click')
  const words = [resolve(bin, 'click'), ...options].map((word) => `'${word}'`)
  writeFileSync(click, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
  chmodSync(click, 0o755)
  return folder
}
