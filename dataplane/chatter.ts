// What a router prints: to where its owner says, and to whoever listens (ChatterSocket).

export class Chatter {
  readonly #print: (line: string) => void
  readonly #ears = new Set<(line: string) => void>()

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  say(line: string): void {
    this.#print(line)
    for (const hear of this.#ears) hear(line)
  }

  /** Gives what ends the listening. */
  hear(ear: (line: string) => void): () => void {
    this.#ears.add(ear)
    return () => this.#ears.delete(ear)
  }
}
