// Whether a TCP port can be listened on, found out at once: Node binds in the event loop only, and
// a script may ask for the port in the very first turn. /proc says who listens.

import { lstatSync, readFileSync, unlinkSync } from 'node:fs'

const LISTEN = '0A'

/** False: some socket listens on that port of that address, or of all. */
export function probePort(host: string, port: number): boolean {
  const ours = [hexAddress(host), '00000000']
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const taken = (line: string): boolean => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const [address = '', number] = local.split(':')
    if (number !== wanted || state !== LISTEN) return false
    return host === '0.0.0.0' || address.length > 8 || ours.includes(address)
  }
  return !['/proc/net/tcp', '/proc/net/tcp6'].some((file) => linesOf(file).some(taken))
}

/**
 * Whether a unix socket cannot be bound to that file: something is there. A socket that nobody
 * listens on any more is removed first.
 */
export function isFileServed(file: string): boolean {
  try {
    if (!lstatSync(file).isSocket()) return true
  } catch {
    return false // nothing is there
  }
  const listening = linesOf('/proc/net/unix').some((line) => line.endsWith(` ${file}`))
  if (!listening) unlinkSync(file)
  return listening
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n')
  } catch {
    return []
  }
}

/** An IPv4 address as /proc has it: little-endian hexadecimal. */
function hexAddress(host: string): string {
  const bytes = host.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  return bytes.reverse().join('').toUpperCase()
}
