// What elements say about others: ScheduleInfo (how often they run, against the others),
// StaticThreadSched (on which thread), FlowInfo (where packets go inside of them). Pure: a graph's elements in, numbers by element out.

import { parseInteger, parseReal, splitSpaces } from '../lib/click/args.ts'

/** An element as written. */
export interface Written {
  readonly name: string
  readonly className: string
  readonly args: readonly string[]
}

/** Tickets of a task that nothing is said of; parameter 1. */
export const TICKETS_DEFAULT = 1024
export const TICKETS_MAX = 32_768

/** The words `NAME PARAMETER` of a ScheduleInfo argument; null: they are not. */
export function parseScheduleEntry(arg: string): { name: string; factor: number } | null {
  const [name, text, ...more] = splitSpaces(arg)
  const factor = text === undefined ? null : parseReal(text)
  if (name === undefined || factor === null || factor < 0 || more.length > 0) return null
  return { name, factor }
}

/** The words `NAME THREAD` of a StaticThreadSched argument; null: they are not. */
export function parseThreadEntry(arg: string): { name: string; thread: number } | null {
  const [name, text, ...more] = splitSpaces(arg)
  const thread = text === undefined ? null : parseInteger(text)
  if (name === undefined || thread === null || more.length > 0) return null
  return { name, thread }
}

/**
 * Tickets of each element. What is said inside of a compound holds for its parts; what is said
 * outside of the compound as a whole is a factor; what is said outside of a part takes the place of
 * all that is said inside.
 */
export function ticketsOf(elements: readonly Written[]): Int32Array {
  const said = new Map<string, number>()
  // The outermost scopes first: they win, and what they say of a part hides the factors inside.
  const infos = elements.filter((e) => e.className === 'ScheduleInfo')
  const depth = (e: Written) => e.name.split('/').length
  const sealed = new Map<string, string>()
  for (const info of [...infos].sort((a, b) => depth(a) - depth(b))) {
    const scope = info.name.slice(0, info.name.lastIndexOf('/') + 1)
    for (const arg of info.args) {
      const entry = parseScheduleEntry(arg)
      if (entry === null) continue
      const full = scope + entry.name.replace(/\/$/, '')
      if (said.has(full) && sealed.get(full) !== scope) continue
      said.set(full, entry.factor)
      sealed.set(full, scope)
    }
  }
  return Int32Array.from(elements, (e) => tickets(e.name, said, sealed))
}

function tickets(
  name: string,
  said: ReadonlyMap<string, number>,
  by: ReadonlyMap<string, string>,
): number {
  const own = by.get(name)
  let factor = said.get(name) ?? 1
  for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
    const compound = name.slice(0, end)
    // A part named from outside of this compound has what is said there, and no more.
    if (own !== undefined && own.length <= compound.length) continue
    factor *= said.get(compound) ?? 1
  }
  const n = Math.floor(factor * TICKETS_DEFAULT)
  return Math.min(Math.max(n, 1), TICKETS_MAX)
}

/** Home thread of each element: what is said last of it, or of a compound around it. */
export function homeThreads(elements: readonly Written[], threads: number): Int32Array {
  const home = new Int32Array(elements.length)
  for (const { className, name, args } of elements) {
    if (className !== 'StaticThreadSched') continue
    const scope = name.slice(0, name.lastIndexOf('/') + 1)
    for (const arg of args) {
      const entry = parseThreadEntry(arg)
      if (entry === null || entry.thread < 0 || entry.thread >= threads) continue
      const full = scope + entry.name
      elements.forEach((e, i) => {
        if (e.name === full || e.name.startsWith(`${full}/`)) home[i] = entry.thread
      })
    }
  }
  return home
}

/** Flow codes that FlowInfo elements say, by element. */
export function flowCodes(elements: readonly Written[]): Map<string, string> {
  const codes = new Map<string, string>()
  for (const { className, name, args } of elements) {
    if (className !== 'FlowInfo') continue
    const scope = name.slice(0, name.lastIndexOf('/') + 1)
    for (const arg of args) {
      const [element, code, ...more] = splitSpaces(arg)
      if (element !== undefined && code !== undefined && more.length === 0)
        codes.set(scope + element, code)
    }
  }
  return codes
}
