// Whether a TCP port can be listened on, found out at once: Node binds in the event loop only, and
// a script may ask for the port in the very first turn. /proc says who listens.

import { readFileSync } from 'node:fs'

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
