// Which unnamed element of the new version is which of the old one. Unnamed elements are numbered by
// their place in the configuration, so `Queue@7` may be another queue once something is put in front.
//
// They are told by their order instead: the second unnamed Queue of a compound is the second one
// again, where both versions have as many. Where they do not, nobody can tell, and none is taken for
// another; `--map` says which, and names say it for good.

import type { StateSchema } from './schema.ts'

const NUMBER = /@\d+(?=\/|$)/g

/** Has it, or a compound element that it is in, no name of its own? */
export function isUnnamed(element: string): boolean {
  return element.search(NUMBER) >= 0
}

/** Unnamed elements of the new version by those of the old one. */
export function unnamedTakers(
  from: readonly StateSchema[],
  to: readonly StateSchema[],
): ReadonlyMap<string, string> {
  const takers = new Map<string, string>()
  const groups = byPlace(to)
  for (const [place, olds] of byPlace(from)) {
    const news = groups.get(place) ?? []
    if (news.length !== olds.length) continue
    for (const [i, old] of olds.entries()) takers.set(old, news[i]!)
  }
  return takers
}

/** Unnamed elements in order, by class and the compounds that they are in. */
function byPlace(schemas: readonly StateSchema[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const element of new Set(schemas.map((s) => s.element))) {
    if (!isUnnamed(element)) continue
    const place = element.replaceAll(NUMBER, '@')
    groups.set(place, [...(groups.get(place) ?? []), element])
  }
  for (const elements of groups.values()) elements.sort(byNumber)
  return groups
}

/** Numbers are given in the order of the configuration. */
function byNumber(a: string, b: string): number {
  const [x, y] = [numbersOf(a), numbersOf(b)]
  const at = x.findIndex((n, i) => n !== y[i])
  return at < 0 ? 0 : x[at]! - y[at]!
}

function numbersOf(element: string): number[] {
  return Array.from(element.matchAll(NUMBER), ([text]) => Number(text.slice(1)))
}
