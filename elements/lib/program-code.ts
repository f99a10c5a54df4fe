// Turns a decision program into a packet function, and into the text of the `program` handler.
//
// Steps only lead to later steps, so the function is a nest of labelled blocks, one ending where
// each step begins, and a jump is a `break`:
//
//   L2: { L1: { /* step 0 */ if (…) break L1; break L2 } /* step 1 */ … } /* step 2 */ …
//
// The steps are written twice: unguarded, for packets that have all the MAC and network header bytes
// that any step looks at, and with a length check a step for shorter ones. The second is a function
// of its own, so that the first stays small enough to become part of a fused path.

import { DROP } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { MAC_BASE, NET_BASE, NOWHERE, type Program, type Step, TRANSPORT_BASE } from './program.ts'
import { tableMatcher } from './program-table.ts'

interface Counting {
  readonly counters: Record<string, number>
}
export type Match = (self: Counting, p: Packet, port: number) => number

/** Above this many steps a function gets too long for the JIT compiler: a table is faster. */
const STEPS_COMPILED_MAX = 100

/** What the offsets of a program count from: the packet's first byte, or its headers. */
export type Base = 'packet' | 'headers'

/**
 * The packet function of a program.
 * @param outputs outputs of the element: a packet for another one is dropped
 * @param counter counter of `self` that counts what is dropped
 */
export function matcher(program: Program, base: Base, outputs: number, counter: string): Match {
  if (program.steps.length > STEPS_COMPILED_MAX)
    return tableMatcher(program, base, outputs, counter)
  const drop = `self.counters[${JSON.stringify(counter)}]++; return ${DROP}`
  const writer: Writer = { base, outputs, drop }
  if (program.start < 0)
    return new Function('self', 'p', 'port', jump(writer, program.start, 0)) as Match
  const { fast, slow } = sources(writer, program)
  const guarded = new Function('self', 'p', 'port', slow)
  return new Function('slow', `return function (self, p, port) {\n${fast}\n}`)(guarded) as Match
}

interface Writer {
  readonly base: Base
  readonly outputs: number
  /** Statements that drop the packet. */
  readonly drop: string
}

function sources(w: Writer, program: Program): { fast: string; slow: string } {
  const { base } = w
  const prologue = ['const m = p.mem, e = p.end']
  const enough: string[] = []
  const safe = safeLengths(program)
  if (base === 'packet') {
    prologue.push('const b = p.off')
    enough.push(`b + ${safe.mac} <= e`)
  } else {
    prologue.push('let n = p.net, t = p.transport, c = p.mac')
    prologue.push(`if (n < 0) n = e`)
    if (safe.mac > 0) {
      prologue.push(`c = c < 0 ? e : c - ${MAC_BASE}`)
      enough.push(`c + ${safe.mac} <= e`)
    }
    if (safe.net > 0) enough.push(`n + ${safe.net} <= e`)
    if (safe.transport > 0) prologue.push('if (t < 0) t = n < e ? n + ((m[n] & 15) << 2) : e')
  }
  const head = prologue.join('\n')
  const test = enough.length === 0 ? 'true' : enough.join(' && ')
  return {
    fast: `${head}\nif (!(${test})) return slow(self, p, port)\n${blocks(w, program.steps, false)}`,
    slow: `${head}\n${blocks(w, program.steps, true)}`,
  }
}

function blocks(w: Writer, steps: readonly Step[], guarded: boolean): string {
  let open = ''
  let body = ''
  for (let i = steps.length - 1; i > 0; i--) open += `L${i}: {`
  for (let i = 0; i < steps.length; i++) {
    const s = steps[i]!
    const at = place(s.offset, w.base)
    body += '\n'
    if (guarded || (w.base === 'headers' && s.offset >= TRANSPORT_BASE))
      body += `if (${at}${s.bytes} > e) { ${jump(w, s.short, 0)} } else `
    // Falling through leads to the next step, so a jump there is left out.
    const [yes, no] = [jump(w, s.yes, i + 1), jump(w, s.no, i + 1)]
    body += `if (${condition(s, at)}) { ${yes} } else { ${no} }`
    if (i + 1 < steps.length) body += '\n}'
  }
  return open + body
}

/** `x + `: what an offset within the step's word is added to. */
function place(offset: number, base: Base): string {
  if (base === 'packet') return `b + ${offset} + `
  if (offset >= TRANSPORT_BASE) return `t + ${offset - TRANSPORT_BASE} + `
  if (offset >= NET_BASE) return `n + ${offset - NET_BASE} + `
  return `c + ${offset} + `
}

/** Reads only the bytes that the mask has. */
function condition(s: Step, at: string): string {
  const parts: string[] = []
  for (let k = 0; k < 4; k++) {
    const shift = 24 - 8 * k
    const mask = (s.mask >>> shift) & 255
    if (mask === 0) continue
    const byte = mask === 255 ? `m[${at}${k}]` : `(m[${at}${k}] & ${mask})`
    parts.push(shift === 0 ? byte : `(${byte} << ${shift})`)
  }
  return `(${parts.join(' | ')}) === ${s.value | 0}`
}

/** @param following the step that comes next in the text; 0: none does */
function jump(w: Writer, target: number, following: number): string {
  if (target >= 0) return target === following ? '' : `break L${target}`
  return ~target < w.outputs ? `return ${~target}` : w.drop
}

/** Bytes that all steps together need, of the MAC (or packet), network and transport header. */
function safeLengths(program: Program): { mac: number; net: number; transport: number } {
  const safe = { mac: 0, net: 0, transport: 0 }
  for (const s of program.steps) {
    const end = s.offset + s.bytes
    if (s.offset >= TRANSPORT_BASE) safe.transport = Math.max(safe.transport, end - TRANSPORT_BASE)
    else if (s.offset >= NET_BASE) safe.net = Math.max(safe.net, end - NET_BASE)
    else safe.mac = Math.max(safe.mac, end)
  }
  return safe
}

/** Runs a program step by step: what the faster ways are compared with. */
export function interpreter(program: Program, base: Base, outputs: number, counter: string): Match {
  const { steps, start } = program
  return (self, p) => {
    const m = p.mem
    const net = p.net < 0 ? p.end : p.net
    const transport =
      p.transport >= 0 ? p.transport : net < p.end ? net + ((m[net]! & 15) << 2) : p.end
    const mac = p.mac < 0 ? p.end : p.mac - MAC_BASE
    let t = start
    while (t >= 0) {
      const s = steps[t]!
      let at = p.off + s.offset
      if (base === 'headers') {
        if (s.offset >= TRANSPORT_BASE) at = transport + s.offset - TRANSPORT_BASE
        else if (s.offset >= NET_BASE) at = net + s.offset - NET_BASE
        else at = mac + s.offset
      }
      if (at + s.bytes > p.end) {
        t = s.short
        continue
      }
      // Bytes past the end of the memory are outside of the mask: any value does.
      const word = (m[at]! << 24) | (m[at + 1]! << 16) | (m[at + 2]! << 8) | m[at + 3]!
      t = (word & s.mask) === s.value ? s.yes : s.no
    }
    if (~t < outputs) return ~t
    self.counters[counter]!++
    return DROP
  }
}

/** The text of the `program` handler: Click's format. */
export function printProgram(program: Program, base: Base): string {
  const target = (t: number) => {
    if (t >= 0) return `step ${t}`
    return ~t === NOWHERE ? '[X]' : `[${~t}]`
  }
  const hex = (v: number) => (v >>> 0).toString(16).padStart(8, '0')
  let text = program.start < 0 ? `all->${target(program.start)}\n` : ''
  program.steps.forEach((s, i) => {
    const where = `${String(i).padStart(2)} ${String(s.offset).padStart(3)}`
    text += `${where}/${hex(s.value)}%${hex(s.mask)}  yes->${target(s.yes)}  no->${target(s.no)}`
    text += s.short === s.no ? '\n' : `  short->${target(s.short)}\n`
  })
  let length = 0
  for (const s of program.steps) length = Math.max(length, s.offset + s.bytes)
  if (base === 'headers' && length > 0 && length < NET_BASE) length -= MAC_BASE
  return `${text}safe length ${length}\nalignment offset 0\n`
}
