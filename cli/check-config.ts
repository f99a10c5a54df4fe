// What can be known to be wrong with a configuration without running it: language, element classes,
// arguments, push and pull, ports of the service. Used by `check`, and by `deploy` and `upgrade`
// before they ask the coordinator for anything. The replica checks all of it again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnyElement } from '../dataplane/element.ts'
import type { Artifact } from '../lib/artifact.ts'
import { buildArtifact, loadArtifact, storeArtifact } from '../lib/artifact.ts'
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
): Promise<{ artifact: Artifact; checked: Checked }> {
  const { config, configName, defines, elements, settings } = file
  const artifact = await buildArtifact({ config, configName, defines, elements })
  const dir = mkdtempSync(join(tmpdir(), 'click-up-'))
  try {
    const { classes } = await loadArtifact<AnyElement>(storeArtifact(dir, artifact))
    return { artifact, checked: await checkConfig(config, configName, defines, classes, settings) }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function wrong(filename: string, findings: readonly Finding[]): ClickUpError {
  const many = findings.length === 1 ? 'an error' : `${findings.length} errors`
  return new ClickUpError('CONFIG', `${filename} has ${many}`, 'nothing was started', findings)
}
