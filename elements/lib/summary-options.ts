// IP and TCP options as IP summary dumps have them: `mss1400;wscale10`, `98`, `99=0:5:10`, `.`.

/** Bytes of options of a header, padded to words; null: the text is not options. */
export function parseTcpOptions(text: string): Uint8Array | null {
  return parseOptions(text, tcpOption)
}

export function parseIpOptions(text: string): Uint8Array | null {
  return parseOptions(text, () => null)
}

/** Bytes of options in a header at most. */
const OPTIONS_MAX = 40

function parseOptions(text: string, named: (word: string) => number[] | null): Uint8Array | null {
  if (text === '.' || text === '-') return new Uint8Array(0)
  const bytes: number[] = []
  for (const word of text.split(/[;,]/)) {
    const option = named(word) ?? plainOption(word)
    if (option === null) return null
    bytes.push(...option)
  }
  while (bytes.length % 4 !== 0) bytes.push(0)
  return bytes.length <= OPTIONS_MAX ? Uint8Array.from(bytes) : null
}

function plainOption(word: string): number[] | null {
  if (word === 'eol') return [0]
  if (word === 'nop') return [1]
  const m = /^(\d{1,3})(?:=(\d{1,3}(?::\d{1,3})*))?$/.exec(word)
  if (m === null) return null
  const data = m[2] === undefined ? [] : m[2].split(':').map(Number)
  const kind = Number(m[1])
  if (kind > 255 || data.some((byte) => byte > 255)) return null
  return kind < 2 ? [kind] : [kind, data.length + 2, ...data]
}

function tcpOption(word: string): number[] | null {
  const m = /^(mss|wscale|sackok|sack|ts)(\d*)(?:[-:](\d+))?$/.exec(word)
  if (m === null) return null
  const a = Number(m[2])
  const b = Number(m[3])
  switch (m[1]) {
    case 'mss':
      return [2, 4, (a >> 8) & 255, a & 255]
    case 'wscale':
      return [3, 3, a & 255]
    case 'sackok':
      return [4, 2]
    case 'sack':
      return [5, 10, ...word32(a), ...word32(b)]
    default:
      return [8, 10, ...word32(a), ...word32(b)]
  }
}

function word32(n: number): number[] {
  return [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
}

/** Which TCP options to write: all, all but time stamps, or selective acknowledgements. */
export type TcpOptionSet = 'all' | 'notime' | 'sack'

export function tcpOptionsText(bytes: Uint8Array, set: TcpOptionSet): string {
  return optionsText(bytes, (kind, data) => {
    if (set === 'notime' && kind === 8) return ''
    if (set === 'sack' && kind !== 4 && kind !== 5) return ''
    return tcpOptionText(kind, data)
  })
}

export function ipOptionsText(bytes: Uint8Array): string {
  return optionsText(bytes, () => null)
}

/** '?': they are not well-formed; '.': none but padding. */
function optionsText(
  bytes: Uint8Array,
  named: (kind: number, data: Uint8Array) => string | null,
): string {
  const words: string[] = []
  for (let i = 0; i < bytes.length; ) {
    const kind = bytes[i]!
    if (kind === 0) break
    if (kind === 1) {
      i++
      continue
    }
    const length = bytes[i + 1] ?? 0
    if (length < 2 || i + length > bytes.length) return '?'
    const data = bytes.subarray(i + 2, i + length)
    const word = named(kind, data) ?? plainText(kind, data)
    if (word !== '') words.push(word)
    i += length
  }
  return words.length === 0 ? '.' : words.join(';')
}

function plainText(kind: number, data: Uint8Array): string {
  return data.length === 0 ? String(kind) : `${kind}=${[...data].join(':')}`
}

function tcpOptionText(kind: number, data: Uint8Array): string | null {
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  if (kind === 2 && data.length === 2) return `mss${view.getUint16(0)}`
  if (kind === 3 && data.length === 1) return `wscale${data[0]}`
  if (kind === 4 && data.length === 0) return 'sackok'
  if (kind === 8 && data.length === 8) return `ts${view.getUint32(0)}:${view.getUint32(4)}`
  if (kind !== 5 || data.length % 8 !== 0) return null
  const blocks: string[] = []
  for (let i = 0; i < data.length; i += 8)
    blocks.push(`sack${view.getUint32(i)}-${view.getUint32(i + 4)}`)
  return blocks.join(';')
}
