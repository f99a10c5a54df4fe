// What can be known to be wrong with a configuration without running it: language, element classes,
// arguments, push and pull, ports of the service. Used by `check`, and by `deploy` and `upgrade`
// before they ask the coordinator for anything. The replica checks all of it again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnyElement } from '../dataplane/element.ts'
import { tuneEngine } from '../dataplane/tune.ts'
import type { Artifact } from '../lib/artifact.ts'
import { storeArtifact } from '../lib/artifact.ts'
import { type BuiltArtifact, buildArtifact } from '../lib/artifact-build.ts'
import { accelerated, loadArtifact } from '../lib/artifact-load.ts'
import type { Finding } from '../lib/errors.ts'
import { ClickUpError } from '../lib/errors.ts'
import type { ServiceFile } from '../lib/service-file.ts'
import { checkPorts } from '../lib/service-file.ts'
import type { ServiceSettings } from '../lib/wire/messages.ts'

export interface Checked {
  readonly elements: number
  readonly connections: number
  readonly warnings: readonly Finding[]
}

/** @param settings null: a configuration on its own, whose ports are nobody's */
export async function checkConfig(
  text: string,
  filename: string,
  defines: Readonly<Record<string, string>>,
  own: readonly AnyElement[],
  settings: ServiceSettings | null,
): Promise<Checked> {
  const { loadGraph } = await import('../dataplane/load-graph.ts')
  const loaded = await loadGraph({ config: text, configName: filename, defines }, own)
  const { flat, warnings, broken } = loaded
  const errors = [...loaded.errors]
  if (settings !== null) {
    const ports = checkPorts(flat, settings)
    errors.push(...(broken ? ports.filter((f) => isInText(f)) : ports))
  }
  if (errors.length > 0) throw wrong(filename, errors)
  return { elements: flat.elements.length, connections: flat.connections.length, warnings }
}

/** Not: that a port is unused. In a text with errors its use may be what was not understood. */
function isInText({ where }: Finding): boolean {
  return !where.startsWith('ports.')
}

/** Bundles a service's version and checks it. Throws ARTIFACT or CONFIG with everything at once. */
export async function checkedArtifact(
  file: ServiceFile,
): Promise<{ built: BuiltArtifact; artifact: Artifact; checked: Checked }> {
  const { config, configName, defines, elements, sources, settings } = file
  if (sources.length > 0) {
    const { refuseHiddenState } = await import('../lib/hidden-state-sources.ts')
    refuseHiddenState(sources, configName)
  }
  tuneEngine() // the code cache that comes along is to fit the dataplane, which does so too
  const built = await buildArtifact({ config, configName, defines, elements, sources })
  const dir = mkdtempSync(join(tmpdir(), 'click-up-'))
  try {
    const loaded = await loadArtifact<AnyElement>(storeArtifact(dir, built))
    const checked = await checkConfig(config, configName, defines, loaded.classes, settings)
    return { built, artifact: accelerated(built, loaded), checked }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function wrong(filename: string, findings: readonly Finding[]): ClickUpError {
  const many = findings.length === 1 ? 'an error' : `${findings.length} errors`
  return new ClickUpError('CONFIG', `${filename} has ${many}`, 'nothing was started', findings)
}
