// What goes wrong in a script: said at once, each run under one heading, or gathered for the handler
// that made the script run.

/** A script that was run by a handler said this; its value counts all the same. */
export class HandlerFailure extends Error {
  readonly value: string
  /** Of a write: 0, where it was done in spite of what was said. */
  readonly status: number
  constructor(message: string, value: string, status: number) {
    super(message)
    this.value = value
    this.status = status
  }
}

export function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

export class ScriptErrors {
  /** Messages so far. */
  count = 0
  readonly #print: (text: string) => void
  #heading = ''
  #gathered: string[] | null = null

  constructor(print: (text: string) => void) {
    this.#print = print
  }

  /** A run begins; what goes wrong in it is printed. */
  begin(label: string): void {
    this.#heading = `While executing '${label}':\n`
  }

  say(message: string): void {
    this.count++
    if (this.#gathered !== null) {
      this.#gathered.push(message)
      return
    }
    this.#print(this.#heading + indented(message))
    this.#heading = ''
  }

  /** From here on messages are gathered; gives what `collected` is to go back to. */
  collect(): string[] | null {
    const outer = this.#gathered
    this.#gathered = []
    return outer
  }

  collected(outer: string[] | null): string[] {
    const gathered = this.#gathered ?? []
    this.#gathered = outer
    return gathered
  }
}
