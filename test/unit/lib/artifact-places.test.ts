// The same files make the same version wherever they lie, and from wherever it is built: with elements
// of a package, a folder, and built-in ones that import modules of Node.js.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { buildArtifact } from '../../../lib/artifact-build.ts'
import { readServiceFile } from '../../../lib/service-file.ts'

const root = mkdtempSync(join(tmpdir(), 'cu-place-'))
test.after.always(() => rmSync(root, { recursive: true, force: true }))

const FILES = {
  'a/node_modules/extra/package.json': '{ "click-up": { "elements": "./e" } }',
  'a/node_modules/extra/e/Extra.js': `import { element } from 'click-up/dataplane/element.ts'
import { readFileSync } from 'node:fs'
import { one } from './help/one.js'
export const file = () => readFileSync('/dev/null')
export default element({ name: 'Extra', ports: '1/1', config: {}, action: (_self, p) => (one ? p : null) })
`,
  'a/node_modules/extra/e/help/one.js': 'export const one = 1\n',
  'a/own/Own.ts': `import { element } from 'click-up/dataplane/element.ts'
export default element({ name: 'Own', ports: '1/1', config: {}, action: (_self, p) => p })
`,
}
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const service = (elements: string, config: string) => `service: x
elements: ${elements}
config: |
  FromDevice(a) -> ${config} -> ToDevice(a)
ports: { a: { interface: e0 } }
`
writeFileSync(join(root, 'a/packaged.yaml'), service('npm:extra', 'Extra'))
writeFileSync(join(root, 'a/both.yaml'), service("[./own, 'npm:extra']", 'Extra -> Own'))
cpSync(join(root, 'a'), join(root, 'b/c/d'), { recursive: true })

async function versionOf(file: string, cwd: string): Promise<string> {
  const before = process.cwd()
  process.chdir(cwd)
  try {
    const { config, configName, defines, elements, sources } = readServiceFile(file)
    return (await buildArtifact({ config, configName, defines, elements, sources })).version
  } finally {
    process.chdir(before)
  }
}

for (const file of ['packaged.yaml', 'both.yaml'])
  test.serial(`${file}: one version`, async (t) => {
    const version = await versionOf(file, join(root, 'a'))
    t.is(await versionOf(join(root, 'a', file), '/'), version)
    t.is(await versionOf(join('..', 'd', file), join(root, 'b/c/d')), version)
  })
