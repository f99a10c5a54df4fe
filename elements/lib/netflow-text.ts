// Packets from lines of NetFlow data: fields between bars, FromNetFlowSummaryDump tells which.

import { parseInteger, parseIp } from '../../lib/click/args.ts'
import { setExtraLength, setExtraPackets, setFirstTimeUs } from './anno-words.ts'
import { writeIp } from './arp.ts'
import { DraftReader, type Say } from './draft-reader.ts'
import { TCP, UDP, writeShort } from './summary-draft.ts'
import type { TraceFile } from './trace-file.ts'

/** Which interface the paint annotation tells. */
export type Link = 'input' | 'output' | 'both'

const FIELDS = 15
/** So many fields that are read must make sense. */
const FITTING = 10
const LENGTH_MAX = 65_535

export class NetFlowReader extends DraftReader {
  readonly #link: Link

  constructor(file: TraceFile, link: Link, multipacket: boolean) {
    super(file, multipacket)
    this.#link = link
  }

  protected fill(say: Say): boolean | null {
    const line = this.file.line()
    if (line === null) return null
    this.lines++
    if (line === '' || /^[!#]/.test(line)) return false
    if (this.#build(line.split('|'))) return true
    this.complain(say, 'bad format')
    return false
  }

  #build(words: readonly string[]): boolean {
    if (words.length < FIELDS) return false
    const num = (i: number, most = 0xffff_ffff): number | null => {
      const value = parseInteger(words[i]!.trim())
      return value === null || value < 0 || value > most ? null : value
    }
    const src = parseIp(words[0]!.trim())
    const dst = parseIp(words[1]!.trim())
    const [packets, bytes, begin, end] = [num(5), num(6), num(7), num(8)]
    const [sport, dport] = [num(9, 0xffff), num(10, 0xffff)]
    const [flags, proto, tos] = [num(12, 255), num(13, 255), num(14, 255)]
    const paint = this.#paint(num(3), num(4))
    const all = [src, dst, packets, bytes, begin, end, sport, dport, flags, proto, tos, paint]
    if (all.filter((value) => value !== null).length < FITTING) return false
    const { draft } = this
    draft.begin(proto ?? 0, null)
    draft.needIp(0)
    const { p } = draft
    p.mem[p.net + 1] = tos ?? 0
    p.mem[p.net + 8] = 0
    writeIp(p.mem, p.net + 12, src ?? 0)
    writeIp(p.mem, p.net + 16, dst ?? 0)
    if (proto === TCP || proto === UDP) {
      draft.needTransport()
      writeShort(p.mem, p.transport, sport ?? 0)
      writeShort(p.mem, p.transport + 2, dport ?? 0)
      if (proto === TCP) p.mem[p.transport + 13] = flags ?? 0
    }
    p.dst = dst ?? 0
    const length = Math.min(bytes ?? 0, LENGTH_MAX)
    writeShort(p.mem, p.net + 2, length)
    if (proto === UDP) writeShort(p.mem, p.transport + 4, length - 20)
    setFirstTimeUs(p, (begin ?? 0) * 1e6)
    p.timeUs = (end || (begin ?? 0)) * 1e6
    p.paint = paint ?? 0
    setExtraPackets(p, Math.max(0, (packets ?? 1) - 1))
    setExtraLength(p, Math.max(0, (bytes ?? 0) - p.length))
    return true
  }

  /** The interface's number, as far as it has room. */
  #paint(input: number | null, output: number | null): number | null {
    if (this.#link === 'input') return input === null ? null : Math.min(input, 255)
    if (this.#link === 'output') return output === null ? null : Math.min(output, 255)
    return input === null || output === null
      ? null
      : (Math.min(input, 15) << 4) | Math.min(output, 15)
  }
}
