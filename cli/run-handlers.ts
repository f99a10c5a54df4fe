// `-h`: values of read handlers after the driver has stopped.

import { writeAll } from '../dataplane/output.ts'
import type { Router } from '../dataplane/router.ts'

type Complain = (line: string) => void

/** Prints each; several of them with a heading. False: one of them is not there. @param routerNow asked before each: it may hand over in between */
export function printHandlers(
  paths: readonly string[],
  routerNow: () => Router,
  complain: Complain,
): boolean {
  let ok = true
  for (const path of paths) {
    const router = routerNow()
    const found = expand(path, router, complain)
    if (found === null) ok = false
    const headings = paths.length > 1 || (found?.many ?? false)
    for (const full of found?.paths ?? []) {
      if (!printOne(full, headings, routerNow(), complain)) ok = false
    }
  }
  return ok
}

function printOne(path: string, heading: boolean, router: Router, complain: Complain): boolean {
  const info = router.findHandler(path)
  if (info.found !== 'handler' || info.private) complain(`no '${path}' read handler`)
  else if (!info.read) complain(`'${info.name}' is a write handler`)
  else {
    let value = ''
    try {
      value = router.readHandler(path)
    } catch (error) {
      complain((error as Error).message)
      return false
    }
    if (heading) writeAll(1, `${info.name}:\n`)
    const whole = router.handlers.isRaw(path) || value === '' || value.endsWith('\n')
    writeAll(1, `${value}${whole ? '' : '\n'}${heading ? '\n' : ''}`)
    return true
  }
  return false
}

/** An element's name, or a pattern or class that may stand for several. */
function expand(
  path: string,
  router: Router,
  complain: Complain,
): { paths: string[]; many: boolean } | null {
  const dot = path.indexOf('.')
  if (dot < 0) return { paths: [path], many: false }
  const element = path.slice(0, dot)
  const handler = path.slice(dot + 1)
  if (router.byName.has(element)) return { paths: [path], many: false }
  const isPattern = /[?*[]/.test(element)
  const matches = isPattern
    ? (name: string) => globMatches(element, name)
    : (_name: string, className: string) => className === element
  const names = router.instances.filter((i) => matches(i.name, i.spec.name)).map((i) => i.name)
  if (names.length === 0) {
    complain(isPattern ? `no element matching '${element}'` : `no element '${element}'`)
    return null
  }
  const paths = names.map((name) => `${name}.${handler}`)
  return { paths: paths.filter((full) => router.findHandler(full).read), many: true }
}

/** Shell patterns: `*`, `?`, `[a-z]`, `[^a-z]`. */
function globMatches(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[.+^${}()|\\]|\*|\?|\[[!^]/g, (c) => {
    if (c === '*') return '.*'
    if (c === '?') return '.'
    return c.startsWith('[') ? '[^' : `\\${c}`
  })
  try {
    return new RegExp(`^${source}$`, 's').test(text)
  } catch {
    return false // a bracket that does not close
  }
}
