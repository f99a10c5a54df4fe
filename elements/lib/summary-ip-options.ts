// IP options as IP summary dumps have them: `rr{10.0.0.1}+5`, `ssrr{1.0.0.1^1.0.0.2}`,
// `ts{1,!45}+2++3`, `ts.ip{1.0.0.1=5}`, `98`, `99=0:5:10`, `.`. The caret is where the pointer is.

import { parseIp } from '../../lib/click/args.ts'
import { optionsText, parseOptions, readWord, word32 } from './summary-options.ts'

const RR = 7
const TS = 68
const ROUTES: Readonly<Record<string, number>> = { rr: RR, lsrr: 131, ssrr: 137 }
/** Flags of the time stamp option: times alone, with addresses, with prespecified addresses. */
const TS_IP = 1
const TS_PRESPECIFIED = 3
/** A time stamp that is no time of day in ms. */
const NONSTANDARD = 0x8000_0000

/** Bytes of a list of options; null: the text is none. */
export function parseIpOptions(text: string): Uint8Array | null {
  return parseOptions(text, (word, bytes) => {
    const m =
      /^(rr|lsrr|ssrr|ts|ts\.ip|ts\.preip|ts\.\d{1,2})\{([^}]*)\}(?:\+(\d+))?(?:\+\+(\d+))?$/.exec(
        word,
      )
    if (m === null) return /[{}]/.test(word) ? null : false
    const [, name = '', entries = '', space, overflow] = m
    const option = Object.hasOwn(ROUTES, name)
      ? routeOption(ROUTES[name]!, entries, Number(space ?? 0))
      : timeOption(name, entries, Number(space ?? 0), Number(overflow ?? 0))
    if (option === null || option.length > 255) return null
    bytes.push(...option)
    return true
  })
}

/** Entries, and how many of them stand before the pointer; all do where there is no caret. */
function entriesOf(text: string): { list: string[]; before: number } {
  const caret = text.indexOf('^')
  const list = text.split(/[,^]/).filter((entry) => entry !== '')
  const front = caret < 0 ? text : text.slice(0, caret)
  return { list, before: front.split(',').filter((entry) => entry !== '').length }
}

function routeOption(kind: number, text: string, space: number): number[] | null {
  const { list, before } = entriesOf(text)
  const addresses = list.map((entry) => addressBytes(entry))
  if (addresses.includes(null) || space > 63) return null
  const data = (addresses as number[][]).flat()
  const length = 3 + data.length + space * 4
  return [kind, length, 4 + before * 4, ...data, ...new Array<number>(space * 4).fill(0)]
}

function timeOption(name: string, text: string, space: number, overflow: number): number[] | null {
  const { list, before } = entriesOf(text)
  const hasAddress = list.some((entry) => entry.includes('.'))
  const plain = hasAddress ? (text.includes('^') ? TS_PRESPECIFIED : TS_IP) : 0
  const named: Readonly<Record<string, number>> = {
    ts: plain,
    'ts.ip': TS_IP,
    'ts.preip': TS_PRESPECIFIED,
  }
  const flag = named[name] ?? Number(name.slice(3))
  const withAddress = flag === TS_IP || flag === TS_PRESPECIFIED
  const data: number[] = []
  for (const [i, entry] of list.entries()) {
    const bytes = withAddress ? pairBytes(entry, i >= before) : timeBytes(entry)
    if (bytes === null) return null
    data.push(...bytes)
  }
  if (flag > 15 || overflow > 15 || space > 63) return null
  const size = withAddress ? 8 : 4
  const length = 4 + data.length + space * size
  const zeroes = new Array<number>(space * size).fill(0)
  return [TS, length, 5 + before * size, (overflow << 4) | flag, ...data, ...zeroes]
}

/** `ADDRESS=TIME`; behind the pointer also `ADDRESS` and `ADDRESS=?`. */
function pairBytes(entry: string, behind: boolean): number[] | null {
  const [address = '', time] = entry.split('=')
  const bytes = addressBytes(address)
  if (bytes === null) return null
  if (time === undefined || time === '?') return behind ? [...bytes, 0, 0, 0, 0] : null
  const last = timeBytes(time)
  return last === null ? null : [...bytes, ...last]
}

function addressBytes(text: string): number[] | null {
  const addr = /^\d+\.\d+\.\d+\.\d+$/.test(text) ? parseIp(text) : null
  return addr === null ? null : word32(addr)
}

function timeBytes(text: string): number[] | null {
  const m = /^(!?)(\d+)$/.exec(text)
  const value = Number(m?.[2])
  if (m === null || value > 0xffff_ffff) return null
  return word32(m[1] === '!' ? value | NONSTANDARD : value)
}

export function ipOptionsText(mem: Uint8Array, from: number, end: number): string {
  return optionsText(mem, from, end, (_mem, i, length) => {
    const kind = mem[i]!
    const route = Object.entries(ROUTES).find(([, number]) => number === kind)
    if (route !== undefined)
      return length < 3 || mem[i + 2]! < 4 ? '?' : routeText(route[0], mem, i)
    if (kind !== TS) return null
    return length < 4 || mem[i + 2]! < 5 ? '?' : timeText(mem, i)
  })
}

function routeText(name: string, mem: Uint8Array, i: number): string {
  const end = i + mem[i + 1]!
  const pointer = i + mem[i + 2]! - 1
  const isRecord = mem[i] === RR
  let text = `${name}{`
  let mark = ''
  let at = i + 3
  for (; at + 4 <= end; at += 4) {
    if (at === pointer && isRecord) break
    text += `${at === pointer ? '^' : mark}${dotted(mem, at)}`
    mark = ','
  }
  if (at === end && at === pointer && !isRecord) text += '^'
  text += '}'
  return at + 4 <= end && at === pointer && isRecord ? `${text}+${(end - at) >> 2}` : text
}

function timeText(mem: Uint8Array, i: number): string {
  const end = i + mem[i + 1]!
  const pointer = i + mem[i + 2]! - 1
  const flag = mem[i + 3]! & 15
  const overflow = mem[i + 3]! >> 4
  const size = flag >= 1 && flag <= 3 ? 8 : 4
  const names: Readonly<Record<number, string>> = { 0: '', 1: '.ip', 3: '.preip' }
  let text = `ts${names[flag] ?? `.${flag}`}{`
  let mark = ''
  let at = i + 4
  for (; at + size <= end; at += size) {
    if (at === pointer) {
      if (flag !== TS_PRESPECIFIED) break
      mark = '^'
    }
    text += mark + entryText(mem, at, size, flag === TS_PRESPECIFIED && at >= pointer)
    mark = ','
  }
  if (at === end && at === pointer) text += '^'
  text += '}'
  if (at + size <= end && at === pointer) text += `+${Math.floor((end - at) / size)}`
  return overflow === 0 ? text : `${text}++${overflow}`
}

function entryText(mem: Uint8Array, at: number, size: number, addressOnly: boolean): string {
  const value = readWord(mem, at + size - 4)
  const time = value >= NONSTANDARD ? `!${value - NONSTANDARD}` : String(value)
  if (size === 4) return time
  return addressOnly ? dotted(mem, at) : `${dotted(mem, at)}=${time}`
}

function dotted(mem: Uint8Array, at: number): string {
  return `${mem[at]}.${mem[at + 1]}.${mem[at + 2]}.${mem[at + 3]}`
}
