// File names of ToIPFlowDumps: a pattern whose % escapes stand for what a flow is.

/** What a flow's name is made of. */
export interface FlowId {
  readonly aggregate: number
  readonly src: number
  readonly dst: number
  readonly sport: number
  readonly dport: number
  readonly proto: number
}

const ESCAPE = /%(?:(0?)(\d*)(?:\.(\d))?([a-zA-Z])|(%)|)/g

/** Null: the pattern has an escape that stands for nothing. */
export function checkPattern(pattern: string): { readonly escapes: number } | null {
  let escapes = 0
  for (const [whole, , , part, letter, percent] of pattern.matchAll(ESCAPE)) {
    if (percent !== undefined) continue
    if (whole === '%' || !'nxXsdSDp'.includes(letter!)) return null
    if (part !== undefined && Number(part) > (/[nxX]/.test(letter!) ? 5 : 3)) return null
    escapes++
  }
  return { escapes }
}

export function expandPattern(pattern: string, flow: FlowId): string {
  return pattern.replace(ESCAPE, (_whole, zero, width, part, letter, percent) => {
    if (percent !== undefined) return '%'
    const text = textOf(flow, letter as string, part as string | undefined)
    return text.padStart(Number(width || 0), zero === '' ? ' ' : '0')
  })
}

function textOf(flow: FlowId, letter: string, part: string | undefined): string {
  switch (letter) {
    case 'n':
      return String(partOf(flow.aggregate, part))
    case 'x':
      return partOf(flow.aggregate, part).toString(16)
    case 'X':
      return partOf(flow.aggregate, part).toString(16).toUpperCase()
    case 's':
      return addressText(flow.src, part)
    case 'd':
      return addressText(flow.dst, part)
    case 'S':
      return String(flow.sport)
    case 'D':
      return String(flow.dport)
    default:
      return flow.proto === 6 ? 'T' : flow.proto === 17 ? 'U' : String(flow.proto)
  }
}

/** 0 to 3: a byte, the uppermost first; 4 and 5: the upper and the lower half. */
function partOf(value: number, part: string | undefined): number {
  if (part === undefined) return value >>> 0
  const n = Number(part)
  if (n < 4) return (value >>> (24 - n * 8)) & 255
  return n === 4 ? value >>> 16 : value & 0xffff
}

function addressText(addr: number, part: string | undefined): string {
  if (part !== undefined) return String(partOf(addr, part))
  return [0, 1, 2, 3].map((n) => (addr >>> (24 - n * 8)) & 255).join('.')
}
