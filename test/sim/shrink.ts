// Makes a scenario that breaks a rule small: takes away one fault after another as long as the same
// rule is still broken, so that what is left is what it takes.

import { runAndCheck } from './check.ts'
import { plain, type Scenario } from './scenario.ts'

/** Tries at most: each is a run. */
const TRIES_MAX = 300

/** The rule that a finding is about: its first word. */
export function ruleOf(finding: string): string {
  return finding.slice(0, finding.indexOf(':'))
}

export function shrink(scenario: Scenario, rule: string): Scenario {
  let smallest = scenario
  let tries = 0
  const breaks = (s: Scenario): boolean => {
    tries += 1
    return runAndCheck(s)[1].some((f) => ruleOf(f) === rule)
  }
  for (let went = true; went && tries < TRIES_MAX; ) {
    went = false
    for (const smaller of candidates(smallest)) {
      if (tries >= TRIES_MAX) break
      if (!breaks(smaller)) continue
      smallest = smaller
      went = true
      break
    }
  }
  return smallest
}

/** Each one step simpler than `s`, what helps most first. */
function* candidates(s: Scenario): Generator<Scenario> {
  const base = plain(s.seed)
  for (const name of ['strikes', 'faults', 'partitions', 'legs'] as const)
    for (let k = s[name].length - 1; k >= 0 && (name !== 'legs' || s.legs.length > 1); k--)
      yield { ...s, [name]: s[name].filter((_, i) => i !== k) }
  for (const name of Object.keys(base) as (keyof Scenario)[]) {
    if (['seed', 'mutant', 'legs', 'bucketsLog2', 'calmMs'].includes(name)) continue
    if (JSON.stringify(s[name]) !== JSON.stringify(base[name])) yield { ...s, [name]: base[name] }
  }
}

/** What a scenario has that the plain one has not. */
export function differences(s: Scenario): Record<string, unknown> {
  const base = plain(s.seed)
  const entries = Object.entries(s).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(base[name as keyof Scenario]),
  )
  return Object.fromEntries(entries)
}
