// What a process has started, in order: taken down in reverse, once, whether it ends as asked or
// could not be started in full.

export class Started {
  readonly #closers: (() => Promise<unknown>)[] = []
  #closing: Promise<void> | null = null

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** Goes on where one fails, and throws the first failure at the end. */
  close(): Promise<void> {
    this.#closing ??= this.#run()
    return this.#closing
  }

  async #run(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.reverse()) {
      try {
        await close()
      } catch (cause) {
        failures.push(cause)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
