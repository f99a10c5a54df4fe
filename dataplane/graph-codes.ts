// The three codes that an element class declares about its ports, in Click's notation.
//
//   ports       '1/1-2'  one input, one or two outputs; '-' any number, '=' as many as inputs,
//               '=+' one more; without a slash, the same for both sides
//   processing  'a/ah'   h push, l pull, a agnostic; the last letter holds for all further ports
//   flow        'xy/x'   a packet can go from an input to an output where their codes share a
//               letter; '#' stands for the port's own number, '[xy]' for several, '[^x]' for others

export interface PortCounts {
  readonly ninputs: number
  readonly noutputs: number
}

const COUNT = /^(\d*)(-?)(\d*)$/

function range(code: string): { low: number; high: number } {
  const m = COUNT.exec(code)
  if (m === null || (m[2] === '' && m[1] === '')) throw new Error(`bad port count '${code}'`)
  const low = Number(m[1] || 0)
  if (m[2] === '') return { low, high: low }
  return { low, high: m[3] === '' ? Number.POSITIVE_INFINITY : Number(m[3]) }
}

const clamp = (n: number, { low, high }: { low: number; high: number }): number =>
  Math.min(Math.max(n, low), high)

/** How many ports an element has when so many are connected. Throws where the code is none. */
export function portCounts(code: string, usedInputs: number, usedOutputs: number): PortCounts {
  const [inCode, outCode = inCode] = code.split('/') as [string, string?]
  const ninputs = clamp(usedInputs, range(inCode))
  if (/^=\+*$/.test(outCode)) return { ninputs, noutputs: ninputs + outCode.length - 1 }
  return { ninputs, noutputs: clamp(usedOutputs, range(outCode)) }
}

export type Processing = 'push' | 'pull' | 'agnostic'

const LETTERS: Readonly<Record<string, Processing>> = { h: 'push', l: 'pull', a: 'agnostic' }

function side(code: string, count: number): Processing[] {
  if (!/^[hla]+$/.test(code)) throw new Error(`bad processing code '${code}'`)
  return Array.from({ length: count }, (_, i) => LETTERS[code[Math.min(i, code.length - 1)]!]!)
}

/** What each port is by declaration. Throws where the code is none. */
export function portProcessing(
  code: string,
  { ninputs, noutputs }: PortCounts,
): { inputs: Processing[]; outputs: Processing[] } {
  const [inCode, outCode = inCode] = code.split('/') as [string, string?]
  return { inputs: side(inCode, ninputs), outputs: side(outCode, noutputs) }
}

/** Ports of an element that have the same flow code. */
interface FlowGroup {
  readonly ports: readonly number[]
  /** Letters, and '#n' for port n. */
  readonly symbols: ReadonlySet<string>
  readonly negated: boolean
}

const FLOW_ITEM = /\[(\^?)([A-Za-z#]*)\]|([A-Za-z#])/y

function flowGroups(code: string, count: number): FlowGroup[] {
  const items: { letters: string; negated: boolean }[] = []
  for (let at = 0; at < code.length; at = FLOW_ITEM.lastIndex) {
    FLOW_ITEM.lastIndex = at
    const m = FLOW_ITEM.exec(code)
    if (m === null) throw new Error(`bad flow code '${code}'`)
    items.push({ letters: m[3] ?? m[2]!, negated: m[1] === '^' })
  }
  if (items.length === 0) throw new Error(`bad flow code '${code}'`)
  const groups: FlowGroup[] = []
  for (const [i, { letters, negated }] of items.entries()) {
    const end = i === items.length - 1 ? count : Math.min(i + 1, count)
    const ports = Array.from({ length: Math.max(0, end - i) }, (_, k) => i + k)
    const parts = letters.includes('#') ? ports.map((port) => [port]) : [ports]
    for (const part of parts) {
      if (part.length === 0) continue
      const symbols = new Set(letters.replace('#', ''))
      if (letters.includes('#')) symbols.add(`#${part[0]}`)
      groups.push({ ports: part, symbols, negated })
    }
  }
  return groups
}

function shares(a: FlowGroup, b: FlowGroup): boolean {
  if (a.negated && b.negated) return true
  const [plain, other] = a.negated ? [b, a] : [a, b]
  return [...plain.symbols].some((symbol) => other.symbols.has(symbol) !== other.negated)
}

/** Inputs and outputs between all of which packets can go. */
export interface FlowLink {
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** Where packets can go inside an element. Throws where the code is none. */
export function flowLinks(code: string, { ninputs, noutputs }: PortCounts): FlowLink[] {
  const [inCode, outCode = inCode] = code.split('/') as [string, string?]
  const inputs = flowGroups(inCode, ninputs)
  const outputs = flowGroups(outCode, noutputs)
  // Groups of one numbered port meet only their like: '#/#' with many ports stays linear.
  const numbered = new Map<number, FlowGroup>()
  const others: FlowGroup[] = []
  for (const group of outputs) {
    if (!group.negated && group.symbols.size === 1 && group.symbols.has(`#${group.ports[0]}`))
      numbered.set(group.ports[0]!, group)
    else others.push(group)
  }
  const links: FlowLink[] = []
  for (const from of inputs) {
    const same = from.negated ? [...numbered.values()] : [numbered.get(from.ports[0]!)]
    for (const to of [...same, ...others])
      if (to !== undefined && shares(from, to))
        links.push({ inputs: from.ports, outputs: to.ports })
  }
  return links
}
