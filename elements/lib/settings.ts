// Values that people change while the router runs, through write handlers: parsing with Click's
// messages. Elements keep them in their resource: a new version brings its own settings.

import { type ErrorContext, parseBool, parseInteger } from '../../lib/click/args.ts'

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

/**
 * Reads a value the way `configure` does, for a write handler: what it reports is thrown as one
 * error.
 */
export function toValue<T>(read: (errors: ErrorContext) => T): T {
  const messages: string[] = []
  const value = read({ error: (m) => messages.push(m), warning: () => undefined })
  if (messages.length > 0) throw new Error(messages.join('\n'))
  return value
}
