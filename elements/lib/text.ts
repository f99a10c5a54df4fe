// Addresses as text, as Click's handlers print them.

import { parseIp } from '../../lib/click/args.ts'

export function ipText(addr: number): string {
  return `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`
}

/** '10.0.0.0/8', or with a dotted mask where the mask is not a prefix. */
export function ipnetText(addr: number, mask: number): string {
  const length = maskLength(mask)
  return `${ipText(addr)}/${length < 0 ? ipText(mask) : length}`
}

/** Length of a prefix mask; -1: the mask is not a prefix. */
export function maskLength(mask: number): number {
  const zeros = ~mask
  // A prefix's complement is 2^n - 1.
  return (zeros & (zeros + 1)) === 0 ? Math.clz32(zeros) : -1
}

/** 'AA-BB-CC-DD-EE-FF' of the six bytes at `off`. */
export function etherText(bytes: Uint8Array, off = 0): string {
  const parts: string[] = []
  for (let i = 0; i < 6; i++) parts.push(bytes[off + i]!.toString(16).padStart(2, '0'))
  return parts.join('-').toUpperCase()
}

/** Space-separated addresses as int32; null where one is not an address. */
export function parseIpList(
  text: string,
  addresses?: Parameters<typeof parseIp>[1],
): number[] | null {
  const list: number[] = []
  for (const word of text.split(/\s+/)) {
    if (word === '') continue
    const addr = parseIp(word, addresses)
    if (addr === null) return null
    list.push(addr)
  }
  return list
}
