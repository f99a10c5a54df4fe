// Runs a decision program from typed arrays: for programs too large to be written out as a function.
// Runs of steps over the same word are binary searches (program-search.ts), so that a packet takes a
// few dozen steps where a firewall has thousands of rules.

import { DROP } from '../../dataplane/element.ts'
import { MAC_BASE, NET_BASE, type Program, TRANSPORT_BASE } from './program.ts'
import type { Base, Match } from './program-code.ts'
import { findRuns, type Run } from './program-search.ts'

/** Words of a step: where to look, what for, and where to go on. */
const WIDTH = 8
const [AT, FROM, BYTES, MASK, VALUE, YES, NO, SHORT] = [0, 1, 2, 3, 4, 5, 6, 7]
/** FROM: the packet's first byte, the MAC, network or transport header. */
const [PACKET, MAC, NETWORK, TRANSPORT] = [0, 1, 2, 3]
/** Added to NO of a step that is a search: NO is then its shift, VALUE its place, YES its run. */
const SEARCH = 1 << 30

interface Table {
  /** The steps as they are. */
  readonly steps: Int32Array
  /** The same, with searches. */
  readonly code: Int32Array
  readonly runs: readonly RunTable[]
}

interface RunTable {
  readonly bounds: Int32Array
  /** Of stretch i the matches are from starts[i] on; each list ends with END. */
  readonly starts: Int32Array
  readonly places: Int32Array
  /** Where a match leads, by its place; the last: where no match leads. */
  readonly targets: Int32Array
}

const END = 0x7fffffff
/** So near to its end a run is as fast step by step. */
const REST_MIN = 3

/** @param base what offsets count from */
function tableOf({ steps }: Program, base: Base): Table {
  const code = new Int32Array(steps.length * WIDTH)
  steps.forEach((s, i) => {
    const [from, at] = placeOf(s.offset, base)
    code.set([at, from, s.bytes, s.mask, s.value, s.yes, s.no, s.short], i * WIDTH)
  })
  const plain = Int32Array.from(code)
  const runs = findRuns({ steps, start: 0 })
  runs.forEach((run, number) => {
    run.members.forEach((step, place) => {
      if (place > run.members.length - REST_MIN) return
      const row = [run.bytes, run.mask, place, number, SEARCH + run.shift]
      code.set(row, step * WIDTH + BYTES)
    })
  })
  const none = (run: Run) => steps[run.members.at(-1)!]!.no
  const yes = (run: Run) => run.members.map((step) => steps[step]!.yes)
  return { steps: plain, code, runs: runs.map((run) => runTable(run, [...yes(run), none(run)])) }
}

function runTable({ bounds, matches, members }: Run, targets: readonly number[]): RunTable {
  const starts: number[] = []
  const places: number[] = []
  for (const list of matches) {
    starts.push(places.length)
    for (const place of list) places.push(place)
    places.push(END)
  }
  // `END` leads where no match leads: the place after the last.
  const last = members.length
  return {
    bounds: Int32Array.from(bounds),
    starts: Int32Array.from(starts),
    places: Int32Array.from(places, (place) => (place === END ? last : place)),
    targets: Int32Array.from(targets),
  }
}

function placeOf(offset: number, base: Base): [number, number] {
  if (base === 'packet') return [PACKET, offset]
  if (offset >= TRANSPORT_BASE) return [TRANSPORT, offset - TRANSPORT_BASE]
  if (offset >= NET_BASE) return [NETWORK, offset - NET_BASE]
  return [MAC, offset - MAC_BASE]
}

/** Where a packet goes on whose word has that value, and that came to that place of the run. */
function search(run: RunTable, value: number, from: number): number {
  const { bounds, places } = run
  let low = 0
  let high = bounds.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value < bounds[middle]!) high = middle
    else low = middle + 1
  }
  let k = run.starts[low]!
  while (places[k]! < from) k++
  return run.targets[places[k]!]!
}

/** A step of a packet that may end before the bytes that the step looks at. */
function oneStep(steps: Int32Array, i: number, m: Uint8Array, at: number, end: number): number {
  if (at + steps[i + BYTES]! > end) return steps[i + SHORT]!
  return (wordAt(m, at) & steps[i + MASK]!) === steps[i + VALUE] ? steps[i + YES]! : steps[i + NO]!
}

/** Bytes past the end of the memory are outside of every mask: any value does. */
function wordAt(m: Uint8Array, at: number): number {
  return (m[at]! << 24) | (m[at + 1]! << 16) | (m[at + 2]! << 8) | m[at + 3]!
}

/** The packet function of a program, as `matcher` of program-code.ts makes it. */
export function tableMatcher(
  program: Program,
  base: Base,
  outputs: number,
  counter: string,
): Match {
  const { steps, code, runs } = tableOf(program, base)
  const { start } = program
  return (self, p) => {
    const m = p.mem
    const end = p.end
    const net = p.net < 0 ? end : p.net
    const mac = p.mac < 0 ? end : p.mac
    const transport = p.transport >= 0 ? p.transport : net < end ? net + ((m[net]! & 15) << 2) : end
    let t = start
    while (t >= 0) {
      const i = t * WIDTH
      const from = code[i + FROM]!
      const header =
        from === NETWORK ? net : from === TRANSPORT ? transport : from === MAC ? mac : p.off
      const at = header + code[i + AT]!
      if (at + code[i + BYTES]! > end) {
        t = oneStep(steps, i, m, at, end)
        continue
      }
      const word = wordAt(m, at) & code[i + MASK]!
      const no = code[i + NO]!
      if (no >= SEARCH) {
        const value = (word >>> (no - SEARCH)) ^ 0x80000000
        t = search(runs[code[i + YES]!]!, value, code[i + VALUE]!)
      } else t = word === code[i + VALUE] ? code[i + YES]! : no
    }
    if (~t < outputs) return ~t
    self.counters[counter]!++
    return DROP
  }
}
