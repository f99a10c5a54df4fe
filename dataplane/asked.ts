// What an element asks about others while it starts. It may have kept the answer, so that it can
// only stay as it is in a new configuration where the answer would be the same (hand-over.ts).

import type { Asked } from './running.ts'

export class AskedBy implements Asked {
  readonly elements = new Set<string>()
  graph = false
  readonly #heed: (name: string) => void

  constructor(heed: (name: string) => void) {
    this.#heed = heed
  }

  ofElement(name: string): void {
    this.elements.add(name)
    this.#heed(name)
  }

  /** How things are connected, or which handlers there are. */
  ofGraph(): void {
    this.graph = true
  }
}

export const ASKED_NOTHING: Asked = Object.freeze({ elements: new Set<string>(), graph: false })
