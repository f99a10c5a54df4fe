// Finishes the checksum of a TCP or UDP packet of this host that was left to a network card which does
// not exist: between two ends of a veth pair the kernel does not compute it. In its place is the sum
// of the pseudo header; what is missing is that of the data behind.

import { ETHER_HEADER, VLAN_TAG } from './link.ts'

const TCP = 6
const UDP = 17

/** Of a frame that the kernel has marked; false: it is of no kind that can be left unfinished. */
export function finishChecksum(mem: Uint8Array, off: number, end: number): boolean {
  let ip = off + ETHER_HEADER
  while (ip <= end && isTag(mem, ip - 2)) ip += VLAN_TAG
  if (ip + 40 > end) return false
  const version = mem[ip]! >> 4
  const v4 = version === 4 && mem[ip - 2] === 0x08 && mem[ip - 1] === 0x00
  const v6 = version === 6 && mem[ip - 2] === 0x86 && mem[ip - 1] === 0xdd
  if (!v4 && !v6) return false
  const start = ip + (v4 ? (mem[ip]! & 15) << 2 : 40)
  const last = ip + (v4 ? word(mem, ip + 2) : 40 + word(mem, ip + 4))
  const protocol = mem[ip + (v4 ? 9 : 6)]!
  const at = start + (protocol === TCP ? 16 : 6)
  if ((protocol !== TCP && protocol !== UDP) || at + 2 > last || last > end) return false
  let sum = 0
  for (let i = start; i + 1 < last; i += 2) sum += word(mem, i)
  if (((last - start) & 1) !== 0) sum += mem[last - 1]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  // A UDP checksum of zero would say that there is none.
  const checksum = ~sum & 0xffff || 0xffff
  mem[at] = checksum >> 8
  mem[at + 1] = checksum & 0xff
  return true
}

function isTag(mem: Uint8Array, at: number): boolean {
  return (mem[at] === 0x81 && mem[at + 1] === 0x00) || (mem[at] === 0x88 && mem[at + 1] === 0xa8)
}

function word(mem: Uint8Array, at: number): number {
  return (mem[at]! << 8) | mem[at + 1]!
}
