// Packets from the files of Mark Allman's `cap`, a tool that measures TCP:
//
//   DAT > 1046102982.931941 1 1 1500 1460 FIN
//
// kind, direction, time, number of the packet, of its segment (data: of the data packet; ACK: of the
// one that is acknowledged), IP length, payload length, flags. Numbers of segments become sequence
// numbers by the payloads of those before them.

import { parseInteger } from '../../lib/click/args.ts'
import { CAP_SEGMENTS_MAX } from '../../lib/limits.ts'
import {
  PACKET_NUMBER,
  SEQUENCE_NUMBER,
  setAggregate,
  setAnnoInt,
  setExtraLength,
} from './anno-words.ts'
import { writeIp } from './arp.ts'
import { DraftReader, type Say } from './draft-reader.ts'
import { type Flow, TCP, writeShort } from './summary-draft.ts'
import { parseTimeUs } from './time-text.ts'
import type { TraceFile } from './trace-file.ts'

const FLAGS: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 }
const FIN = 1
const SYN = 2
const ACK = 16

export interface CapOptions {
  readonly flow: Flow
  readonly aggregate: number
  readonly checksum: boolean
}

export class CapReader extends DraftReader {
  readonly #options: CapOptions
  /** First sequence number of a segment, by its number: known from the payloads before it. */
  readonly #starts: number[] = [0, 1]
  /** The file is the sender's: what goes out is data. */
  #sender = true

  constructor(file: TraceFile, options: CapOptions) {
    super(file, false)
    this.#options = options
  }

  protected fill(say: Say): boolean | null {
    const line = this.file.line()
    if (line === null) return null
    this.lines++
    const words = line.trim().split(/\s+/)
    if (words[0] === 'SND' || words[0] === 'RCV') this.#sender = words[0] === 'SND'
    if (line.trim() === '' || !/^(?:SYN|DAT|ACK)$/.test(words[0]!)) return false
    if (this.#build(words)) return true
    this.complain(say, 'packet parse error')
    return false
  }

  #build(words: readonly string[]): boolean {
    const [kind, direction, time, ...rest] = words
    const timeUs = parseTimeUs(time ?? '')
    const [packet, segment, ipLength, payload] = rest.slice(0, 4).map((word) => parseInteger(word))
    if (timeUs === null || (direction !== '>' && direction !== '<')) return false
    if (packet == null || segment == null || ipLength == null || payload == null) return false
    if (segment < 0 || segment > CAP_SEGMENTS_MAX || ipLength < 0 || payload < 0) return false
    // Data goes from the sender to the receiver: out of the one's file, into the other's.
    const isData = (direction === '>') === this.#sender
    const { flow, aggregate, checksum } = this.#options
    const { draft } = this
    const turned = { src: flow.dst, dst: flow.src, sport: flow.dport, dport: flow.sport }
    draft.begin(TCP, isData ? flow : turned)
    draft.needIp(0)
    draft.needTransport()
    const { p } = draft
    let flags = kind === 'SYN' ? SYN : ACK
    if (kind === 'SYN' && !isData) flags |= ACK
    for (const word of rest.slice(4)) flags |= FLAGS[word] ?? 0
    p.mem[p.transport + 13] = flags
    p.mem[p.net + 8] = 0
    writeShort(p.mem, p.transport + 14, 0xffff)
    const start = this.#startOf(segment, payload)
    if (isData) {
      writeIp(p.mem, p.transport + 4, start | 0)
      writeIp(p.mem, p.transport + 8, kind === 'SYN' ? 0 : 1)
      if (kind === 'DAT') this.#starts[segment + 1] = start + payload
    } else {
      writeIp(p.mem, p.transport + 4, kind === 'SYN' ? 0 : 1)
      // The segment is acknowledged: what comes behind it is waited for.
      writeIp(p.mem, p.transport + 8, (this.#startOf(segment + 1, 0) + (flags & FIN)) | 0)
    }
    const options = Math.min(Math.max(0, ipLength - payload - 40), 40) & ~3
    draft.needTransportBytes(20 + options)
    p.mem[p.transport + 12] = ((20 + options) >> 2) << 4
    draft.wantLength = Math.max(ipLength, p.length)
    draft.finish(false)
    if (checksum) draft.setChecksums()
    setExtraLength(p, draft.wantLength - p.length)
    p.timeUs = timeUs
    p.paint = isData ? 0 : 1
    setAggregate(p, aggregate)
    setAnnoInt(p, PACKET_NUMBER, packet)
    setAnnoInt(p, SEQUENCE_NUMBER, segment)
    return true
  }

  /** Where a segment starts; those before it that were not seen are taken to be as long as it. */
  #startOf(segment: number, payload: number): number {
    for (let n = Math.min(segment, this.#starts.length - 1); n >= 0; n--) {
      const start = this.#starts[n]
      if (start !== undefined) return start + (segment - n) * payload
    }
    return 0
  }
}
