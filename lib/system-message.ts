// What the system says of a failed call, in the words of strerror(3).

import { getSystemErrorMap } from 'node:util'

/** @param errno negative, as system calls and Node have it */
export function errnoText(errno: number): string {
  const text = getSystemErrorMap().get(errno)?.[1]
  return text === undefined ? `error ${-errno}` : text[0]!.toUpperCase() + text.slice(1)
}

/** Of an error that Node threw; its own words where it is not the system's. */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return typeof errno === 'number' ? errnoText(errno) : message
}
