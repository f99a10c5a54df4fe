// How modules are found when an artifact is bundled. click-up's own are taken from the build,
// wherever the importing file lies: `click-up/…`, and relative paths into `dataplane/`, `lib/` or
// `elements/`. Those that the runtime has are not bundled: the code takes them from the process
// that loads it (lib/runtime.ts), name by name, so that what it takes can be listed and checked.

import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { HOME } from './paths.ts'
import type { RuntimeNeeds, RuntimeRelease } from './runtime.ts'

/** esbuild's namespace of modules that the runtime has. */
const RUNTIME = 'runtime'
const BUILD = fileURLToPath(HOME)
/** Folder of the sources: what paths of elements in a checkout point into. */
const SOURCES = join(BUILD, '..')
const OWN = /(?:^click-up\/|^(?:\.\.?\/)+(?:[^/]+\/)*?)((?:dataplane|lib|elements)\/.+)$/

export function ownModules(runtime: RuntimeRelease): Plugin {
  return {
    name: 'click-up',
    setup(build) {
      build.onResolve({ filter: /^(?:click-up\/|\.\.?\/)/ }, ({ path, resolveDir }) => {
        const own = ownPath(path, resolveDir)
        if (own === null) return undefined
        return Object.hasOwn(runtime.modules, own)
          ? { path: own, namespace: RUNTIME, sideEffects: false }
          : { path: join(BUILD, own) }
      })
      build.onLoad({ filter: /.*/, namespace: RUNTIME }, ({ path }) => ({
        contents: runtime.modules[path]!.map((name) => takeText(path, name)).join('\n'),
      }))
    },
  }
}

/** Path below HOME of a module of click-up's own; null: another module. */
function ownPath(path: string, resolveDir: string): string | null {
  const file = resolve(resolveDir, path)
  for (const root of [BUILD, SOURCES]) {
    const inside = relative(root, file)
    const own = /^(?:dataplane|lib|elements)\//.test(inside) ? builtName(inside) : null
    if (own !== null) return own
  }
  // A relative path that leads nowhere was written for another place.
  if (path.startsWith('.') && existsSync(file)) return null
  const inside = OWN.exec(path)?.[1]
  return inside === undefined ? null : builtName(inside)
}

function builtName(path: string): string | null {
  const name = path.replace(/\.ts$/, '.js')
  return existsSync(join(BUILD, name)) ? name : null
}

function takeText(module: string, name: string): string {
  const call = `/* @__PURE__ */ clickUpTake(${JSON.stringify(module)}, ${JSON.stringify(name)})`
  return name === 'default' ? `export default ${call}` : `export const ${name} = ${call}`
}

/** esbuild writes `var`; of a constant, V8 knows that it is one, and compiles it in. */
export function constantTakes(code: string): string {
  return code.replace(/\bvar (\w+\s*=\s*clickUpTake\()/g, 'const $1')
}

/** What bundled code takes from the runtime. */
export function takenBy(code: string): RuntimeNeeds {
  const needs = new Map<string, Set<string>>()
  // Long lines are broken, also within strings.
  const text = code.replaceAll('\\\n', '')
  for (const [, module, name] of text.matchAll(/\bclickUpTake\("([^"]+)",\s*"([^"]+)"\)/g)) {
    const names = needs.get(module!) ?? new Set()
    needs.set(module!, names.add(name!))
  }
  const sorted = [...needs].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([module, names]) => [module, [...names].sort()]))
}

/** A bundled module as people know it: `elements/ip/Strip.js`, or a path in the user's folder. */
export function shownPath(input: string, folder: string): string {
  const file = resolve(folder, input)
  return file.startsWith(BUILD) ? file.slice(BUILD.length) : relative(dirname(folder), file)
}
