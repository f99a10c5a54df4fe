// DAG's record format, ERF:
//
//   time   64 bits, seconds and their fraction, lowest byte first
//   type   flags   record length   losses   length on the wire         (16 bytes)
//   data   Ethernet: behind two bytes of padding; ATM: behind a header of four
//
// Old files have cells of 64 bytes instead: time, eight bytes of which the last four are an ATM
// header, and 48 bytes of payload.

import { linktypeName } from './pcap.ts'
import { RecordReader } from './range-source.ts'
import type { TraceFile } from './trace-file.ts'

const HEADER = 16
const CELL = 64
const ETHER_PADDING = 2
const ATM_HEADER = 4
const ATM_PAYLOAD = 48

const HDLC = 1
const ETHER = 2
const ATM = 3
const AAL5 = 4

/** Link types of what the records hold. */
const LINKTYPES: Readonly<Record<number, number>> = {
  [HDLC]: 104,
  [ETHER]: 1,
  [ATM]: 123,
  [AAL5]: 123,
}
const ATM_LINK = 100
const SUNATM = 123
/** Bytes at the end of an Ethernet frame that records count and do not hold: its checksum. */
const FRAME_CHECK = 4

export class ErfReader extends RecordReader {
  protected linktype: number
  readonly #legacy: number

  /** @param legacy link type of old files' cells; 0: not said */
  constructor(file: TraceFile, legacy: number) {
    super(file, 0)
    this.#legacy = legacy
    this.linktype = legacy === 0 ? ATM_LINK : legacy
  }

  get encap(): string {
    return linktypeName(this.linktype)
  }

  protected take(): boolean {
    const { file } = this
    if (!file.have(HEADER)) return false
    const at = file.start
    const type = file.mem[at + 8]!
    const recordLength = (file.mem[at + 10]! << 8) | file.mem[at + 11]!
    const known = LINKTYPES[type]
    if (type !== 0 && (known === undefined || recordLength < HEADER))
      this.fail('unknown DAG record')
    this.timeUs = erfTime(file.mem, at)
    return known === undefined ? this.#takeCell() : this.#takeRecord(type, recordLength, known)
  }

  #takeRecord(type: number, recordLength: number, linktype: number): boolean {
    const { file } = this
    if (!file.have(recordLength)) return false
    const at = file.start
    const skipped = type === ETHER ? ETHER_PADDING : 0
    this.linktype = linktype
    const check = type === ETHER ? FRAME_CHECK : 0
    this.length = Math.max(0, ((file.mem[at + 14]! << 8) | file.mem[at + 15]!) - check)
    this.data = at + HEADER + skipped
    const there = recordLength - HEADER - skipped
    this.captured = Math.max(
      0,
      type === ATM || type === AAL5 ? there : Math.min(there, this.length),
    )
    file.start += recordLength
    return true
  }

  #takeCell(): boolean {
    const { file } = this
    if (!file.have(CELL)) return false
    this.linktype = this.#legacy === 0 ? ATM_LINK : this.#legacy
    const withHeader = this.linktype === SUNATM
    this.data = file.start + HEADER - (withHeader ? ATM_HEADER : 0)
    this.captured = ATM_PAYLOAD + (withHeader ? ATM_HEADER : 0)
    this.length = this.captured
    file.start += CELL
    return true
  }
}

/** Seconds in the upper word, their fraction in the lower one. */
function erfTime(mem: Uint8Array, at: number): number {
  const word = (i: number) =>
    (mem[i]! | (mem[i + 1]! << 8) | (mem[i + 2]! << 16) | (mem[i + 3]! << 24)) >>> 0
  const fraction = word(at) / 2 ** 32
  return word(at + 4) * 1e6 + Math.floor(fraction * 1e9) / 1e3
}
