// A replica's part in an upgrade in place, in the main thread: reads the version, so that the packet
// loop gets a configuration that was parsed already, and remembers what it has done: the question may
// come again, after the death of who asked.

import { readArtifact } from '../lib/artifact.ts'
import { type FlatGraph, parseConfig } from '../lib/click/index.ts'
import { ClickUpError } from '../lib/errors.ts'
import type { ReplicaUpgrade, ReplicaUpgraded } from '../lib/wire/messages-in-place.ts'
import { INFORMATION_CLASSES } from './graph.ts'
import type { PacketLoop } from './packet-loop.ts'

export class ReplicaUpgrades {
  readonly #loop: PacketLoop
  #last: ReplicaUpgraded | null = null
  #running: { readonly version: string; readonly done: Promise<ReplicaUpgraded> } | null = null

  constructor(loop: PacketLoop) {
    this.#loop = loop
  }

  async run(request: ReplicaUpgrade): Promise<ReplicaUpgraded> {
    const { version } = request
    if (this.#last?.version === version) return this.#last
    if (this.#running?.version === version) return await this.#running.done
    const done = this.#run(request)
    this.#running = { version, done }
    try {
      this.#last = await done
      return this.#last
    } finally {
      if (this.#running?.done === done) this.#running = null
    }
  }

  async #run({ version, artifact, map, discard }: ReplicaUpgrade): Promise<ReplicaUpgraded> {
    const flat = read(artifact)
    const done = await this.#loop.upgrade({ artifact, flat, map, discard })
    return { version, ...done }
  }
}

/** Throws CONFIG with all findings. */
function read(path: string): FlatGraph {
  const { config, configName, defines, classes = {} } = readArtifact(path).content
  const { graph, errors } = parseConfig(config, {
    filename: configName,
    defines: { ...defines },
    known: (name) => Object.hasOwn(classes, name) || INFORMATION_CLASSES.has(name),
  })
  if (errors.length === 0) return graph
  throw new ClickUpError(
    'CONFIG',
    `${configName} has errors`,
    'correct what is listed and try again',
    errors,
  )
}
