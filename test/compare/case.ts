// A case of `make compare`: a random configuration in pieces that can be left out one at a time, and
// the packets that it reads. Generators make cases; the runner writes them out; the shrinker drops
// pieces while the two programs still differ.

import type { Random } from '../../lib/random.ts'

/** One element of a chain, with what stands or falls with it. */
export interface Link {
  readonly text: string
  /** Statements that only make sense with it: its other outputs. */
  readonly also?: readonly string[]
  /** Read handlers to be shown at the end. */
  readonly handlers?: readonly string[]
}

/** `from -> links -> to;`; # in the ends stands for its number. */
export interface Strand {
  readonly from: string
  readonly links: readonly Link[]
  readonly to: string
}

export interface CapturedPacket {
  /** Microseconds since the start. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** How closely what is printed to standard error is compared. */
export type ErrorText = 'exact' | 'loose' | 'ignored'

export interface Case {
  /** Whole statements. */
  readonly statements: readonly Link[]
  readonly strands: readonly Strand[]
  /** Written to in.pcap. */
  readonly packets: readonly CapturedPacket[]
  /** Link type of in.pcap: 1 Ethernet, 12 (raw) IP. */
  readonly linkType: 1 | 12
  /** Further files. */
  readonly files: Readonly<Record<string, string>>
  readonly args: readonly string[]
  /** 'loose': lines in any order, without line numbers. */
  readonly errors: ErrorText
}

/** What a file in generators/ exports. */
export interface Generator {
  readonly make: (random: Random) => Case
  /** How often beside the others. */
  readonly weight: number
}

export const EMPTY: Case = {
  statements: [],
  strands: [],
  packets: [],
  linkType: 12,
  files: {},
  args: [],
  errors: 'exact',
}

export function configText({ statements, strands }: Case): string {
  const lines = statements.flatMap((one) => [one.text, ...(one.also ?? [])])
  for (const [k, { from: source, links, to: target }] of strands.entries()) {
    const [from, to] = [source.replace('#', `${k}`), target.replace('#', `${k}`)]
    const chain = [from, ...links.map((link) => link.text), to].filter((text) => text !== '')
    lines.push(`${chain.join('\n  -> ')};`)
    lines.push(...links.flatMap((link) => link.also ?? []))
  }
  return `${lines.join('\n')}\n`
}

/** Command line after the program's name. */
export function argsOf({ args, statements, strands }: Case): string[] {
  const links = [...statements, ...strands.flatMap((strand) => strand.links)]
  const handlers = links.flatMap((link) => link.handlers ?? [])
  return ['config', ...args, ...handlers.flatMap((handler) => ['-h', handler])]
}

/** pcap, microseconds, this machine's byte order left aside: little endian. */
export function captureOf({ packets, linkType }: Case): Uint8Array {
  const size = 24 + packets.reduce((sum, p) => sum + 16 + p.bytes.length, 0)
  const out = Buffer.alloc(size)
  out.writeUInt32LE(0xa1b2c3d4, 0)
  out.writeUInt16LE(2, 4)
  out.writeUInt16LE(4, 6)
  out.writeUInt32LE(65_535, 16)
  out.writeUInt32LE(linkType, 20)
  let at = 24
  for (const packet of packets) {
    out.writeUInt32LE(1_000_000_000 + Math.floor(packet.at / 1e6), at)
    out.writeUInt32LE(packet.at % 1e6, at + 4)
    out.writeUInt32LE(packet.bytes.length, at + 8)
    out.writeUInt32LE(packet.bytes.length, at + 12)
    out.set(packet.bytes, at + 16)
    at += 16 + packet.bytes.length
  }
  return out
}
