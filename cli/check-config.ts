// What can be known to be wrong with a configuration without running it: language, element classes,
// arguments, push and pull, ports of the service. Used by `check`, and by `deploy` and `upgrade`
// before they ask the coordinator for anything. The replica checks all of it again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Classes } from '../dataplane/classes.ts'
import type { AnyElement } from '../dataplane/element.ts'
import type { Artifact } from '../lib/artifact.ts'
import { buildArtifact, loadArtifact, storeArtifact } from '../lib/artifact.ts'
import { parseConfig } from '../lib/click/index.ts'
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
  const { classFiles, loadClasses } = await import('../dataplane/classes.ts')
  const { INFORMATION_CLASSES, resolveGraph } = await import('../dataplane/graph.ts')
  const extra: Classes = new Map(own.map((spec) => [spec.name, spec]))
  const parsed = parseConfig(text, {
    filename,
    defines: { ...defines },
    known: (name) => extra.has(name) || classFiles().has(name) || INFORMATION_CLASSES.has(name),
  })
  const { graph: flat } = parsed
  const names = flat.elements.map((e) => e.className)
  const errors = [...parsed.errors]
  let warnings = parsed.warnings
  // The graph of a text with errors is in pieces: what it would say more is mostly not true.
  if (errors.length > 0) {
    if (settings !== null) errors.push(...checkPorts(flat, settings).filter((f) => isInText(f)))
  } else {
    const classes = await loadClasses(names, extra)
    const resolved = resolveGraph(flat, (name) => classes.get(name))
    errors.push(...resolved.errors)
    if (settings !== null) errors.push(...checkPorts(flat, settings))
    warnings = [...warnings, ...resolved.warnings]
  }
  if (errors.length > 0) throw wrong(filename, errors)
  return { elements: names.length, connections: flat.connections.length, warnings }
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
  return new ClickUpError('CONFIG', `${filename} has ${many}`, '', findings)
}
