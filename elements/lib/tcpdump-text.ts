// Packets from what tcpdump prints:
//
//   1018330170.887165 192.150.187.37.3153 > 18.26.4.44.21: S 5:5(0) win 57344 <mss 1460> (DF)
//
// TCP lines, and UDP lines with their length; of others only addresses. What stands in brackets at a
// line's end is of the IP header. Numbers of later packets of a flow are counted from its first ones.

import { parseIp } from '../../lib/click/args.ts'
import { TCPDUMP_FLOWS_MAX } from '../../lib/limits.ts'
import { setExtraLength } from './anno-words.ts'
import { writeIp } from './arp.ts'
import { DraftReader, type Say } from './draft-reader.ts'
import { ICMP, TCP, UDP, writeShort } from './summary-draft.ts'
import { word32 } from './summary-options.ts'
import { portNumber } from './tcpdump-ports.ts'
import { parseTimeUs } from './time-text.ts'
import type { TraceFile } from './trace-file.ts'

const SYN = 2
const FIN = 1
const ACK = 16
/** Acknowledgements above this are taken for absolute numbers where a flow's start was seen. */
const ABSOLUTE_FROM = 8000

/** First and last sequence number that were seen of both ends, the lower end's first. */
interface FlowNumbers {
  readonly first: [number, number]
  readonly last: [number, number]
}

interface End {
  readonly addr: number
  readonly port: number
}

export class TcpdumpReader extends DraftReader {
  readonly #checksum: boolean
  readonly #flows = new Map<string, FlowNumbers>()
  /** Null: not known yet whether numbers are counted from a flow's start. */
  #absolute: boolean | null = null

  constructor(file: TraceFile, checksum: boolean) {
    super(file, false)
    this.#checksum = checksum
  }

  protected fill(say: Say): boolean | null {
    const line = this.file.line()
    if (line === null) return null
    this.lines++
    if (line === '' || line.startsWith('#')) return false
    if (this.#build(line)) return true
    if (line.trim() !== '') this.complain(say, 'packet parse error')
    return false
  }

  #build(line: string): boolean {
    const m = /^(\d\S*) (\S+) > ([^:]*)(?::\s*(.*))?$/s.exec(line)
    const timeUs = m === null ? null : timeOf(m[1]!)
    if (m === null || timeUs === null) return false
    const rest = m[4] ?? ''
    const proto = protoOf(rest)
    const src = endOf(m[2]!, proto)
    const dst = endOf(m[3]!, proto)
    if (src === null || dst === null) return false
    const { draft } = this
    draft.begin(proto, null)
    draft.needIp(0)
    const { p } = draft
    p.timeUs = timeUs
    p.mem[p.net + 8] = 2 // a time to live that says: not known
    writeIp(p.mem, p.net + 12, src.addr)
    writeIp(p.mem, p.net + 16, dst.addr)
    let length = -1
    if (proto === TCP || proto === UDP) {
      draft.needTransport()
      writeShort(p.mem, p.transport, src.port)
      writeShort(p.mem, p.transport + 2, dst.port)
      length = proto === TCP ? this.#tcp(rest, src, dst) : udpLength(rest)
    }
    length = Math.max(0, this.#ipWords(rest, length))
    draft.wantLength = p.length + length
    draft.finish(false)
    if (this.#checksum) draft.setChecksums()
    setExtraLength(p, length)
    return true
  }

  /** Fills in the TCP header; bytes of payload, -1: not told. */
  #tcp(text: string, src: End, dst: End): number {
    const { mem, transport: at } = this.draft.p
    const m =
      /^(\.|[FSRPAUECWXYN]*)(?: \[bad hdr[^\]]*\])?(?: \[(?:tcp sum ok|bad tcp[^\]]*)\])?(?: (.*))?$/s.exec(
        text,
      )
    if (m === null) return -1
    let flags = flagsOf(m[1]!)
    mem[at + 13] = flags
    if (m[2] === undefined) return -1
    const n =
      /^(?:(\d+):(\d+)\(\d*\)(?: |$))?(?:ack (\d+) ?)?(?:win (\d+) ?)?(?:urg (\d+) ?)?(?:<([^>]*)>)?/.exec(
        m[2],
      )!
    if (n[1] === undefined && !/^(?:ack|$)/.test(m[2])) return -1
    const seq = Number(n[1] ?? 0)
    const end = Number(n[2] ?? 0)
    if (n[3] !== undefined) flags |= ACK
    mem[at + 13] = flags
    const shift = this.#number(flags, seq, end, Number(n[3] ?? 0), src, dst)
    if (n[4] !== undefined) writeShort(mem, at + 14, Number(n[4]))
    if (n[5] !== undefined) writeShort(mem, at + 18, Number(n[5]))
    if (n[6] !== undefined) this.#options(n[6], shift)
    return (end - seq) >>> 0
  }

  /** Writes the numbers as they were on the wire; what numbers of the other end are shifted by. */
  #number(flags: number, seq: number, end: number, ack: number, src: End, dst: End): number {
    const { mem, transport: at } = this.draft.p
    let [mySeq, myEnd, myAck, shift] = [seq, end, ack, 0]
    if ((flags & ACK) !== 0) {
      const lower = src.port < dst.port || (src.port === dst.port && src.addr < dst.addr)
      const [me, other] = lower ? [1, 0] : [0, 1]
      const flow = this.#flow(lower ? src : dst, lower ? dst : src)
      const { first, last } = flow
      if ((first[0] === 0 && first[1] === 0) || (flags & SYN) !== 0) {
        first[me] = seq
        first[other] = (ack - 1) >>> 0
      } else {
        this.#absolute ??= ((ack - first[other]!) | 0) >= 0 && ack > ABSOLUTE_FROM
        const add = this.#absolute ? 0 : 1
        if (seq === 0 && end === 0) [mySeq, myEnd] = [last[me]!, last[me]!]
        else [mySeq, myEnd] = [seq + first[me]! * add, end + first[me]! * add]
        myAck = ack + first[other]! * add
      }
      shift = this.#absolute === true ? 0 : first[other]!
      last[me] = (myEnd + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)) >>> 0
      if (last[other] === 0) last[other] = myAck >>> 0
    }
    writeIp(mem, at + 4, mySeq | 0)
    writeIp(mem, at + 8, myAck | 0)
    return shift
  }

  #flow(lower: End, higher: End): FlowNumbers {
    const key = `${lower.addr} ${lower.port} ${higher.addr} ${higher.port}`
    let flow = this.#flows.get(key)
    if (flow === undefined) {
      if (this.#flows.size >= TCPDUMP_FLOWS_MAX) this.#flows.clear()
      flow = { first: [0, 0], last: [0, 0] }
      this.#flows.set(key, flow)
    }
    return flow
  }

  #options(text: string, shift: number): void {
    const bytes: number[] = []
    for (const word of text.split(',')) bytes.push(...optionBytes(word.trim(), shift))
    while (bytes.length % 4 !== 0) bytes.push(0)
    const { draft } = this
    if (bytes.length > 40 || !draft.needTransportBytes(20 + bytes.length)) return
    const { mem, transport: at } = draft.p
    mem.set(bytes, at + 20)
    mem[at + 12] = ((20 + bytes.length) >> 2) << 4
  }

  /** What stands in brackets at the line's end; the payload's length, perhaps corrected by it. */
  #ipWords(text: string, told: number): number {
    const { p } = this.draft
    const { mem, net } = p
    let length = told
    for (const [, words] of text.matchAll(/[([]([^()[\]]*(?:\([01]\))?[^()[\]]*)[)\]]/g)) {
      const tos = /\btos 0x([0-9a-f]+)/.exec(words!)
      if (tos !== null) mem[net + 1] = Number.parseInt(tos[1]!, 16)
      const ect = /ECT\(([01])\)/.exec(words!)
      if (ect !== null) mem[net + 1] = (mem[net + 1]! & ~3) | (ect[1] === '0' ? 1 : 2)
      if (/(?:^|[ ,])CE/.test(words!)) mem[net + 1] = mem[net + 1]! | 3
      if (/^DF|[ ,]DF/.test(words!)) mem[net + 6] = mem[net + 6]! | 0x40
      const frag = /frag (\d+):(\d+)@(\d+)(\+?)/.exec(words!)
      if (frag !== null) {
        writeShort(mem, net + 4, Number(frag[1]))
        length = Number(frag[2])
        const more = frag[4] === '+' ? 0x2000 : 0
        writeShort(mem, net + 6, (mem[net + 6]! << 8) | (Number(frag[3]) & 0x1fff) | more)
      }
      const ttl = /\bttl (\d+)/.exec(words!)
      if (ttl !== null) mem[net + 8] = Number(ttl[1])
      const id = /\bid (\d+)/.exec(words!)
      if (id !== null) writeShort(mem, net + 4, Number(id[1]))
      const len = /\blen (\d+)/.exec(words!)
      if (len !== null) length = this.#whole(Number(len[1]), length)
    }
    return length
  }

  /** The IP packet has so many bytes: what is missing is payload, or options that were not shown. */
  #whole(bytes: number, told: number): number {
    const { draft } = this
    const { p } = draft
    if (told < 0 || bytes === p.length + told) return bytes - p.length
    const more = bytes - told - p.length
    if (draft.ipProto !== TCP || more < 0 || p.length - 20 + more > 60) return told
    if (!draft.grow(more)) return told
    p.mem[p.transport + 12] = (draft.transportLength >> 2) << 4
    return told
  }
}

/** Seconds since the epoch, or a time of day. */
function timeOf(word: string): number | null {
  const m = /^(\d+):(\d+):(\d+(?:\.\d*)?)$/.exec(word)
  if (m === null) return parseTimeUs(word)
  const us = parseTimeUs(m[3]!)
  return us === null ? null : (Number(m[1]) * 3600 + Number(m[2]) * 60) * 1e6 + us
}

/** By what stands behind the addresses. */
function protoOf(text: string): number {
  if (text.startsWith('i')) return ICMP
  if (/^(?:u|\[u)/.test(text)) return UDP
  return /^[.A-Z]/.test(text) ? TCP : 0
}

/** An address, and a port behind a point or colon where the protocol has ports. */
function endOf(text: string, proto: number): End | null {
  const ports = proto === TCP || proto === UDP
  const m = ports ? /^(.*)[.:]([^.:]*)$/.exec(text) : /^(.*)()$/.exec(text)
  const addr = m === null ? null : parseIp(m[1]!)
  const port = ports && m !== null ? portNumber(m[2]!) : 0
  return addr === null || port === null ? null : { addr, port }
}

const FLAGS = 'FSRPAUEC'

function flagsOf(text: string): number {
  if (text === '.') return ACK
  let flags = 0
  for (const c of text.replaceAll('W', 'C').replaceAll('X', 'E').replaceAll('Y', 'C')) {
    const bit = FLAGS.indexOf(c)
    if (bit >= 0) flags |= 1 << bit
  }
  return flags
}

function udpLength(text: string): number {
  const m = /^(?:\[[^\]]*\] )*udp (\d+)/.exec(text)
  return m === null ? -1 : Number(m[1])
}

function optionBytes(word: string, shift: number): number[] {
  if (word === 'nop') return [1]
  if (word === 'eol') return [0]
  if (word === 'sackOK') return [4, 2]
  const m = /^(mss|wscale|timestamp) (\d+)(?: (\d+))?$/.exec(word)
  const a = Number(m?.[2])
  if (m?.[1] === 'mss') return [2, 4, (a >> 8) & 255, a & 255]
  if (m?.[1] === 'wscale') return [3, 3, a & 255]
  if (m?.[1] === 'timestamp')
    return m[3] === undefined ? [] : [8, 10, ...word32(a), ...word32(Number(m[3]))]
  const sack = /^sack sack \d+ ?((?:\{\d+:\d+\} ?)*)$/.exec(word)
  if (sack === null) return []
  const numbers = (sack[1]!.match(/\d+/g) ?? []).map(Number)
  return [5, numbers.length * 4 + 2, ...numbers.flatMap((n) => word32((n + shift) >>> 0))]
}
