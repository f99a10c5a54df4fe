// What click-combine and click-uncombine agree on: the archive's member with the routers' names,
// and the class that stands for a link.

import type { Member } from '../../lib/click/archive.ts'

export const COMPONENTS = 'componentmap'
export const LINK_CLASS = 'RouterLink'

/** Names of the routers in a combined configuration; none: it is not one. */
export function componentsOf(members: readonly Member[]): string[] {
  const text = members.find((m) => m.name === COMPONENTS)?.data ?? ''
  return text.split(/\s+/).filter((name) => name !== '')
}
