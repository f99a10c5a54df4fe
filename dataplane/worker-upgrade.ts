// Upgrades in place, in the packet loop's thread: what a version brings is loaded, and what has not
// changed of it is taken from the running one; the rest is hand-over.ts's.

import { readArtifact } from '../lib/artifact.ts'
import { type LoadedArtifact, loadArtifact } from '../lib/artifact-load.ts'
import type { FlatGraph } from '../lib/click/index.ts'
import { ClickUpError } from '../lib/errors.ts'
import { failpoint } from '../lib/failpoint.ts'
import { Beside } from './beside.ts'
import type { InPlaceDone, InPlaceUpgrade } from './control.ts'
import type { AnyElement } from './element.ts'
import type { Graph } from './graph.ts'
import { type Side, Successor } from './hand-over.ts'
import { inPlaceSteps } from './in-place.ts'

/** A class by its name and the hash of its code. */
const keyOf = (name: string, hash: string) => `${name} ${hash}`

export class InPlaceUpgrades {
  readonly #side: Side
  readonly #print: (line: string) => void
  /** Classes that this process has run, by keyOf: machine code is made of these. */
  readonly #loaded = new Map<string, AnyElement>()
  #busy = false
  count = 0
  pauseUs = 0

  constructor(side: Side, running: LoadedArtifact<AnyElement>, print: (line: string) => void) {
    this.#side = side
    this.#print = print
    this.#remember(running)
  }

  /** Throws ClickUpError, and then nothing has changed. */
  async run(upgrade: InPlaceUpgrade): Promise<InPlaceDone> {
    this.#checkFree()
    this.#busy = true
    try {
      failpoint('in_place.replica.before')
      const done = await this.#run(upgrade)
      failpoint('in_place.replica.after')
      return done
    } finally {
      this.#busy = false
    }
  }

  async #run({ artifact, flat, map, discard }: InPlaceUpgrade): Promise<InPlaceDone> {
    const { router, store } = this.#side
    const classes = await this.#classesFor(artifact, flat)
    const options = { kind: 'version', print: this.#print, map, discard } as const
    const steps = inPlaceSteps(this.#side, flat, (name) => classes.get(name), options)
    const { value, timing } = await new Beside(router, steps).finished
    this.count++
    this.pauseUs = timing.pause_us
    const { elements, functions, rows, deltas, packets } = value
    const report = {
      pause_us: timing.pause_us,
      slice_us: timing.slice_us,
      slices: timing.slices,
      compile_ms: timing.beside_ms,
      elements,
      functions,
      rows_by_reference: rows.byReference,
      rows_converted: rows.converted,
      deltas,
      packets,
    }
    return { report, schemas: store.schemas() }
  }

  #checkFree(): void {
    const states = this.#side.store.entries()
    const moving = states.some((e) => e.kind !== 'packets' && e.rows.tracking !== 0)
    if (!this.#busy && !moving) return
    throw new ClickUpError(
      'CONFLICT',
      moving ? 'state is being moved to another replica' : 'another upgrade in place is under way',
      'wait until it is done: click-up status --watch',
    )
  }

  /** Those of the version that run already are taken as they are. */
  async #classesFor(path: string, flat: FlatGraph): Promise<Map<string, AnyElement>> {
    const { classes: hashes = {} } = readArtifact(path).content
    const names = [...new Set(flat.elements.map((e) => e.className))]
    const known = (name: string) => this.#loaded.get(keyOf(name, hashes[name] ?? ''))
    // Names without a hash are of classes that need no code.
    if (names.some((name) => Object.hasOwn(hashes, name) && known(name) === undefined))
      this.#remember(await loadArtifact<AnyElement>(path))
    const found = names.map((name) => [name, known(name)] as const)
    return new Map(found.filter((pair): pair is [string, AnyElement] => pair[1] !== undefined))
  }

  #remember({ classes, hashes }: LoadedArtifact<AnyElement>): void {
    for (const spec of classes) {
      const key = keyOf(spec.name, hashes[spec.name] ?? '')
      if (!this.#loaded.has(key)) this.#loaded.set(key, spec)
    }
  }
}

/** Does what upgrades do, so that their code is in the code cache that is being made (deploy/bundle.ts). */
export function rehearse(
  side: Side,
  flat: FlatGraph,
  graph: Graph,
  classes: readonly AnyElement[],
): void {
  const print = () => {}
  new Successor(side, graph, { kind: 'copy', print }).finish()
  const byName = new Map(classes.map((spec) => [spec.name, spec]))
  const options = { kind: 'version', print } as const
  new Beside(
    side.router,
    inPlaceSteps(side, flat, (n) => byName.get(n), options),
  ).finishNow()
}
