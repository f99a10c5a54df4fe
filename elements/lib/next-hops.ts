// The next hops of routes: each pair of gateway and output once, with a small number. Lookups read
// two short arrays, which stay in the processor's cache however many routes there are.

const OUTPUTS_MAX = 2 ** 20

export class NextHops {
  readonly #numbers = new Map<number, number>()
  readonly #free: number[] = []
  #uses = new Int32Array(16)
  #used = 0
  /** By number. A gateway of 0 is none. */
  gateways = new Int32Array(16)
  outputs = new Int32Array(16)

  /** Number of a next hop, for one more route. */
  take(gw: number, output: number): number {
    const key = (gw >>> 0) * OUTPUTS_MAX + output
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#free.pop() ?? this.#used++
      if (number >= this.outputs.length) this.#grow()
      this.#numbers.set(key, number)
      this.gateways[number] = gw
      this.outputs[number] = output
    }
    this.#uses[number]!++
    return number
  }

  /** A route has gone. */
  release(number: number): void {
    if (--this.#uses[number]! > 0) return
    const key = (this.gateways[number]! >>> 0) * OUTPUTS_MAX + this.outputs[number]!
    this.#numbers.delete(key)
    this.#free.push(number)
  }

  clear(): void {
    this.#numbers.clear()
    this.#free.length = 0
    this.#uses.fill(0)
    this.#used = 0
  }

  #grow(): void {
    this.#uses = doubled(this.#uses)
    this.gateways = doubled(this.gateways)
    this.outputs = doubled(this.outputs)
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
