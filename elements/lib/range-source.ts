// Documentation and declarations that FromDump, FromDAGDump and FromNLANRDump share are in
// trace-source.ts; here is what reads records of a fixed kind from a file: a header, then bytes.

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { setExtraLength } from './anno-words.ts'
import { copyBytes } from './copy-bytes.ts'
import { markIp } from './link-ip.ts'
import type { TraceFile } from './trace-file.ts'
import type { TraceReader } from './trace-source.ts'

/** A reader of records; its kind says how the record at `file.start` is taken. */
export abstract class RecordReader implements TraceReader {
  timeUs = 0.5
  recordPosition = 0
  protected readonly file: TraceFile
  /** The record in hand: its data in the file's memory, and its length on the wire. */
  protected data = 0
  protected captured = 0
  protected length = 0

  constructor(file: TraceFile, position: number) {
    this.file = file
    if (position > 0) this.seek(position)
  }

  abstract readonly encap: string
  protected abstract readonly linktype: number
  /** Takes the record at the file's place; false: there is none. */
  protected abstract take(): boolean

  get position(): number {
    return this.file.position
  }

  get size(): number | null {
    return this.file.size
  }

  get filename(): string {
    return this.file.filename
  }

  seek(position: number): boolean {
    return this.file.seek(position)
  }

  advance(): boolean {
    this.recordPosition = this.file.position
    return this.take()
  }

  make(pool: Pool): Packet | null {
    const p = pool.allocLength(this.captured)
    if (p === null) return null
    copyBytes(this.file.mem, this.data, p.mem, p.off, this.captured)
    p.timeUs = this.timeUs
    p.mac = p.off
    if (this.length > this.captured) setExtraLength(p, this.length - this.captured)
    return p
  }

  isIp(p: Packet): boolean {
    return markIp(p, this.linktype)
  }

  close(): void {
    this.file.close()
  }

  protected fail(what: string): never {
    throw new Error(`${this.filename}: ${what}`)
  }
}
