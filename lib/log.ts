// The log: one line of JSON an event, on stderr, so that a supervisor can keep it and a person can
// grep it. An event has a name in snake_case and fields; there are no levels but `warn` and `info`,
// because a line that nobody acts on is not worth writing.

import { realClock } from './clock.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Log {
  info(event: string, fields?: Fields): void
  /** Something that a person may have to look at. */
  warn(event: string, fields?: Fields): void
  /** A log whose lines carry these fields too. */
  with(fields: Fields): Log
}

/** @param write gets whole lines, with the newline */
export function makeLog(process_: string, write: (line: string) => void = toStderr): Log {
  return bind({ process: process_ }, write)
}

/** Drops every line: for tests, and for libraries that were given no log. */
export const silentLog: Log = Object.freeze({
  info: () => {},
  warn: () => {},
  with: () => silentLog,
})

function bind(fixed: Fields, write: (line: string) => void): Log {
  const line = (level: string, event: string, fields: Fields = {}) => {
    const time = new Date(realClock.wall()).toISOString()
    write(`${JSON.stringify({ time, level, event, ...fixed, ...fields }, plain)}\n`)
  }
  return {
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    with: (fields) => bind({ ...fixed, ...fields }, write),
  }
}

/** Errors and bigints have no JSON form of their own. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) {
    const code = (value as { code?: unknown }).code
    return code === undefined ? value.message : { code, message: value.message }
  }
  return typeof value === 'bigint' ? value.toString() : value
}

function toStderr(line: string): void {
  process.stderr.write(line)
}
