// What a receiver of numbered packets can tell: how many came, how many came late (a higher number
// was there before), how many came twice. Loss is the sender's count minus the distinct ones here.

export class FlowCheck {
  /** Distinct packets. */
  received = 0
  reordered = 0
  duplicated = 0
  #highest = -1
  /** Numbers below the highest that have not come yet. */
  readonly #missing = new Set<number>()

  receive(sequence: number): void {
    if (sequence > this.#highest) {
      for (let s = this.#highest + 1; s < sequence; s++) this.#missing.add(s)
      this.#highest = sequence
      this.received++
    } else if (this.#missing.delete(sequence)) {
      this.received++
      this.reordered++
    } else {
      this.duplicated++
    }
  }
}
