// Finds what a hand-over by reference must not leave behind: a resource in which an instance that is
// gone, or its state, can be reached. (Private fields of classes and closures cannot be looked into;
// what an instance that is gone schedules throws in any case.)

import type { Instance, Router } from '../../dataplane/router.ts'

/** Objects looked at for one resource; a lookup structure may be large, and its rows are alike. */
const OBJECTS_MAX = 2000

/** Elements whose resource still refers to an instance that is gone. */
export function staleReferences(old: readonly Instance[], next: Router): string[] {
  const there = new Set<object>(next.instances.map((i) => i.self))
  const replaced = old.filter((i) => !there.has(i.self))
  const gone = new Set<object>(replaced)
  for (const { self } of replaced) {
    gone.add(self)
    gone.add(self.counters)
    for (const state of Object.values(self.state)) gone.add(state as object)
  }
  return next.instances.filter(({ self }) => reaches(self.resource, gone)).map((i) => i.name)
}

function reaches(from: unknown, wanted: ReadonlySet<object>): boolean {
  const seen = new Set<object>()
  const rest: unknown[] = [from]
  while (rest.length > 0 && seen.size < OBJECTS_MAX) {
    const one = rest.pop()
    if (typeof one !== 'object' || one === null || seen.has(one) || ArrayBuffer.isView(one))
      continue
    if (wanted.has(one)) return true
    seen.add(one)
    if (one instanceof Map) rest.push(...one.keys(), ...one.values())
    else if (one instanceof Set) rest.push(...one)
    else rest.push(...Object.values(one))
  }
  return false
}
