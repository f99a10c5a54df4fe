// Parts of chains: ends, where what arrives is printed whole, and elements with further outputs.

import type { Random } from '../../lib/random.ts'
import type { Link } from './case.ts'

/** Prints every byte and annotation, and drops the packet. */
export function printer(label: string): string {
  return `Print(${label}, MAXLENGTH -1, TIMESTAMP true, PRINTANNO true) -> Discard`
}

/** The statement that prints what leaves by a further output. */
export function side(name: string, port: number): string {
  return `${name}[${port}] -> ${printer(`${name}.${port}`)};`
}

export function link(
  text: string,
  also: readonly string[] = [],
  handlers: readonly string[] = [],
): Link {
  return { text, also, handlers }
}

/** An element with a second output, which is connected or not, and read handlers. */
export function named(
  random: Random,
  name: string,
  text: string,
  handlers: readonly string[] = [],
): Link {
  const also = random.chance(0.7) ? [side(name, 1)] : []
  return link(
    `${name} :: ${text}`,
    also,
    handlers.map((h) => `${name}.${h}`),
  )
}
