// Finds what a hand-over by reference must not leave behind: a resource of the new router in which an
// instance, a state or the router of the old one can be reached. (Private fields of classes and
// closures cannot be looked into; calls on the old router throw in any case.)

import type { Router } from '../../dataplane/router.ts'

/** Objects looked at for one resource; a lookup structure may be large, and its rows are alike. */
const OBJECTS_MAX = 2000

/** Elements of `next` whose resource still refers to `old`. */
export function staleReferences(old: Router, next: Router): string[] {
  const gone = new Set<object>([old, ...old.instances])
  for (const { self } of old.instances) {
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
