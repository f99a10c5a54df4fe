// What the elements that check headers do with a bad packet: count it by reason, report it (the
// first one, or each with VERBOSE), and send it to output 1 where that is connected.

import { DROP, type RouterServices } from '../../dataplane/element.ts'

interface Checking {
  readonly noutputs: number
  readonly config: { readonly VERBOSE: boolean; readonly DETAILS: boolean }
  readonly counters: Record<string, number>
  readonly router: RouterServices
}

/** Where a bad packet goes. `reason` is its counter, `words` say it in the report of `who`. */
export function bad(
  self: Checking,
  who: string,
  what: string,
  reason: string,
  words: string,
): number {
  if (self.counters.drops === 0 || self.config.VERBOSE)
    self.router.print(`${who}${what} check failed: ${words}`)
  self.counters.drops!++
  self.counters[reason]!++
  return self.noutputs > 1 ? 1 : DROP
}

/** Text of `drop_details`. */
export function details(self: Checking, reasons: Readonly<Record<string, string>>): string {
  if (!self.config.DETAILS) throw new Error('drop_details needs the keyword DETAILS')
  return Object.entries(reasons)
    .map(([counter, words]) => `${self.counters[counter]}\t${words}\n`)
    .join('')
}
