// What is found wrong in a configuration. All findings are collected and reported together; those
// beyond FINDINGS_MAX are counted.

import type { Finding } from '../errors.ts'
import { FINDINGS_MAX } from '../limits.ts'

/** A bound of lib/limits.ts was reached: reported once, and the work stops. */
export class LimitReached extends Error {}

export class Findings {
  readonly #errors: Finding[] = []
  readonly #warnings: Finding[] = []
  #more = 0

  error(where: string, message: string): void {
    if (this.#errors.length < FINDINGS_MAX) this.#errors.push({ where, message })
    else this.#more++
  }

  warning(where: string, message: string): void {
    if (this.#warnings.length < FINDINGS_MAX) this.#warnings.push({ where, message })
  }

  get count(): number {
    return this.#errors.length + this.#more
  }

  get errors(): readonly Finding[] {
    if (this.#more === 0) return this.#errors
    return [...this.#errors, { where: '', message: `${this.#more} more errors` }]
  }

  get warnings(): readonly Finding[] {
    return this.#warnings
  }
}
