// Values that people change while the router runs, through write handlers: parsing with Click's
// messages. Elements keep them in their resource: a new version brings its own settings.

import { parseBool, parseInteger } from '../../lib/click/args.ts'

export function toBool(text: string): boolean {
  const value = parseBool(text.trim())
  if (value === null) throw new Error('syntax error')
  return value
}

/** An integer from `low`; the message is `what`. */
export function toInteger(text: string, low: number, what: string): number {
  const value = parseInteger(text.trim())
  if (value === null || value < low) throw new Error(what)
  return value
}

/** Why elements with settings have a resource. */
export const SETTINGS = 'settings that people change by handlers; a new version brings its own'
