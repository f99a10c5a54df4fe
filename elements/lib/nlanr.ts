// NLANR's formats: records of headers, one length a format.
//
//   fr    24 bytes: seconds, microseconds, addresses, length, protocol, TCP flags, ports
//   fr+   44 bytes: seconds, microseconds, IP header, first 16 bytes of what is behind it
//   tsh   the same, with the interface in the uppermost byte of the microseconds

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { setExtraLength } from './anno-words.ts'
import { RecordReader } from './range-source.ts'
import { TCP, UDP, writeShort } from './summary-draft.ts'
import { readWord } from './summary-options.ts'
import type { TraceFile } from './trace-file.ts'

const IP = 101
const FR = 24
const FR_PLUS = 44

export type NlanrFormat = 'fr' | 'fr+' | 'tsh'

/** The format that the file's first bytes look like. */
export function guessFormat(file: TraceFile): NlanrFormat {
  if (!file.have(FR_PLUS)) return 'fr'
  const { mem, start } = file
  // The first IP header, and that of the next record where there is one.
  const isHeader = (at: number) => mem[at] === 0x45
  const next = !file.have(FR_PLUS + 9) || isHeader(file.start + FR_PLUS + 8)
  if (!isHeader(start + 8) || !next) return 'fr'
  return mem[start + 4] === 0 ? 'fr+' : 'tsh'
}

export class NlanrReader extends RecordReader {
  readonly encap = 'IP'
  protected readonly linktype = IP
  readonly #format: NlanrFormat
  #interface = 0

  constructor(file: TraceFile, format: NlanrFormat, position: number) {
    super(file, position)
    this.#format = format
  }

  protected take(): boolean {
    const { file } = this
    const size = this.#format === 'fr' ? FR : FR_PLUS
    if (!file.have(size)) return false
    const at = file.start
    const isTsh = this.#format === 'tsh'
    this.#interface = isTsh ? file.mem[at + 4]! : 0
    const us = readWord(file.mem, at + 4) - this.#interface * 0x100_0000
    this.timeUs = readWord(file.mem, at) * 1e6 + us
    this.data = at + 8
    this.captured = size - 8
    this.length = this.captured
    file.start += size
    return true
  }

  override make(pool: Pool): Packet | null {
    const p = this.#format === 'fr' ? this.#build(pool) : super.make(pool)
    if (p === null) return null
    p.mac = -1
    p.paint = this.#interface
    const length = (p.mem[p.off + 2]! << 8) | p.mem[p.off + 3]!
    setExtraLength(p, Math.max(0, length - p.length))
    p.net = p.off
    p.transport = p.off + (p.mem[p.off]! & 15) * 4
    return p
  }

  /** Headers that say what the record of the short format says. */
  #build(pool: Pool): Packet | null {
    const { mem } = this.file
    const at = this.data
    const proto = mem[at + 10]!
    const transport = proto === TCP ? 20 : proto === UDP ? 8 : 0
    const p = pool.allocLength(20 + transport)
    if (p === null) return null
    p.mem.fill(0, p.off, p.end)
    p.timeUs = this.timeUs
    p.mem[p.off] = 0x45
    p.mem[p.off + 2] = mem[at + 8]!
    p.mem[p.off + 3] = mem[at + 9]!
    p.mem[p.off + 9] = proto
    for (let i = 0; i < 8; i++) p.mem[p.off + 12 + i] = mem[at + i]!
    if (transport > 0) for (let i = 0; i < 4; i++) p.mem[p.off + 20 + i] = mem[at + 12 + i]!
    if (proto === UDP) writeShort(p.mem, p.off + 24, ((mem[at + 8]! << 8) | mem[at + 9]!) - 20)
    if (proto !== TCP) return p
    p.mem[p.off + 32] = 0x50
    p.mem[p.off + 33] = mem[at + 11]!
    return p
  }
}
