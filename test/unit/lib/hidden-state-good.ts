// Elements that look as if they held hidden state, and do not: the check lets them pass.

const good = (name: string, code: string) => ({ name, code })

export const GOOD: readonly { readonly name: string; readonly code: string }[] = [
  good(
    'declared state, counters, resource',
    `import { element } from 'click-up/dataplane/element.ts'
export default element({ name: 'Good', ports: '1/1', config: {}, local: 'an open file',
  open() { let at = 0; const lines: string[] = []; return { next: () => lines[at++], lines } },
  action(self, p) {
    const { flows, last } = self.state
    const row = flows.get(p.dst) ?? flows.insert(p.bucket, p.dst)
    if (row === null) { self.counters.overflow += 1; return p }
    row.packets += 1
    last.value = self.router.nowMs
    self.state.last.value += 1
    flows.remove(p.src)
    self.resource.lines.push('x')
    self.resource.limit = 3
    if (self.router.random() < 0.5) self.timerAt(self.router.nowMs + 100)
    return p
  },
  handlers: { reset: { write: (self) => self.state.flows.clear() } },
})
`,
  ),
  good(
    'tables that are filled while the module is loaded',
    `const CRC = new Uint32Array(256)
for (let n = 0; n < 256; n++) {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  CRC[n] = c
}
const NAMES = new Map<string, number>()
;['a', 'b'].forEach((name, i) => { NAMES.set(name, i) })
const BY_NUMBER: string[] = []
for (const [name, n] of NAMES) BY_NUMBER[n] = name
export const crc = (n: number) => CRC[n]! + NAMES.get('a')! + BY_NUMBER.length
`,
  ),
  good(
    'a table that a function fills, called while the module is loaded',
    `const SQUARES = fill(new Float64Array(16))
const CUBES = new Float64Array(16)
const fillCubes = () => { for (let i = 0; i < 16; i++) CUBES[i] = i ** 3 }
fillCubes()
const ROOTS = (() => { const all: number[] = []; for (let i = 0; i < 9; i++) all.push(i ** 0.5); return all })()
function fill(into: Float64Array) { for (let i = 0; i < 16; i++) into[i] = i * i; return into }
export const square = (n: number) => SQUARES[n]! + CUBES[n]! + ROOTS[n]!
`,
  ),
  good(
    'frozen, as const, never changed',
    `const A = Object.freeze([1, 2])
const B = { x: 1 } as const
const C = new Set(['a'])
const D = new RegExp('x')
export const all = (s: string) => [...A, B.x, C.has(s), D.test(s), A.slice().push(3), [...C].sort()]
`,
  ),
  good(
    'copies of constants',
    `const LENGTH = 20
const EMPTY = new Uint8Array(LENGTH)
const LIST = [3, 1, 2]
export function make(n: number) {
  const area = new Uint8Array(LENGTH)
  area.set(EMPTY)
  area[0] = n
  const copy = Uint8Array.from(EMPTY)
  copy.fill(1)
  const sorted = [...LIST].sort()
  const { length } = LIST
  let i = LIST[0]!
  i++
  return { area, copy, sorted, length, i }
}
`,
  ),
  good(
    'locals of one call',
    `export function parse(text: string): number[] {
  let at = 0
  const out: number[] = []
  const next = () => text.charCodeAt(at++)
  while (at < text.length) out.push(next())
  out.forEach((n, i) => { out[i] = n + at; at += 1 })
  return out.filter((n) => { at++; return n > 0 })
}
export function total(table: { each(f: (row: { n: number }) => void): void }): number {
  let sum = 0
  table.each((row) => { sum += row.n; row.n = 0 })
  return sum
}
`,
  ),
  good(
    'closures over what does not change',
    `export function adder(n: number) {
  const table = new Uint8Array(4)
  table[0] = n
  let doubled = n
  doubled *= 2
  return { add: (m: number) => m + doubled + table[0]!, list: () => [doubled].push(1) }
}
`,
  ),
  good(
    'a callback that ends with the call',
    `export function toValue(read: (errors: { error(m: string): void }) => number): number {
  const messages: string[] = []
  const value = read({ error: (m) => messages.push(m) })
  if (messages.length > 0) throw new Error(messages.join())
  return value
}
`,
  ),
  good(
    'a class whose instances are kept in a resource',
    `import { element } from 'click-up/dataplane/element.ts'
class Reader { #at = 0; next() { return this.#at++ } }
export default element({ name: 'Good', ports: '0/1', config: {}, local: 'a file',
  open: () => new Reader(),
  task(self) { return self.resource.next() > 0 },
})
`,
  ),
  good(
    'an instance that its methods do not change',
    `class Net { constructor(readonly addr: number) {} has(a: number) { return a === this.addr } }
const HOME = new Net(1)
const NOTHING = new Uint8Array(0)
export const home = (a: number) => HOME.has(a) && NOTHING.length === 0
`,
  ),
  good(
    'one name for several things',
    `const DEFAULTS: number[] = [1]
export function list(own: number[] | null): number[] {
  let all = DEFAULTS
  all = own ?? all.slice()
  if (own !== null) all = [...own]
  all = all.concat(2)
  return all
}
export class Log { static readonly NAMES = ['a']; readonly names: string[] = [] }
`,
  ),
  good(
    'a mark with a reason, above and behind',
    `// What is under way.
// hidden-state: scratch, filled before it is read
const area = new Uint8Array(9)
let last = 0 // hidden-state: for a log line only
export function use(n: number) { area[0] = n; last = n; return area[0]! + last }
// hidden-state: the socket of this process
export class Server { async stop() { await new Promise((done) => setTimeout(done, 1)) } }
`,
  ),
  good(
    'a parameter called like a global',
    'export const f = (Date: { now(): number }) => Date.now()\n',
  ),
  good(
    'time and chance while the module is loaded',
    'export const STARTED = Date.now()\nexport const SEED = Math.random()\n',
  ),
  good(
    'an enum',
    'export enum Kind { A, B }\nconst enum Small { X = 1 }\nexport const f = () => Kind.A + Small.X\n',
  ),
  good(
    'self taken apart',
    `import { element } from 'click-up/dataplane/element.ts'
export default element({ name: 'Good', ports: '1/1', config: {},
  configure: () => ({ net: new Net() }),
  action({ state, counters, plan }, p) { counters.n++; state.last.value = p.dst; return plan.net.has(p.dst) ? p : null },
  handlers: { reset: { write: (me) => me.state.flows.clear() } },
})
class Net { has(a: number) { return a > 1 } fill() { this.has(1) } }
`,
  ),
  good(
    'values that only look like targets',
    `import { MOST } from './limits.ts'
const LIMITS = { most: 5 }
export const f = (a: number, most = LIMITS.most, max = Number.MAX_SAFE_INTEGER, [k = MOST.all] = [1]) => a + most + max + k
export function g(state: Record<string, { n: number }>) {
  for (const [, row] of Object.entries(state)) row.n = 1
  process.stdin.setEncoding('utf8')
  const { [LIMITS.most]: x } = state
  return x
}
`,
  ),
  good(
    'functions that a function of the file only calls',
    `const sometimes = (p: number, value: () => number) => (p > 1 ? value() : 0)
export function draw(seed: number) {
  let n = seed
  const next = () => n++
  return { a: sometimes(2, () => n++), b: sometimes(3, next) }
}
export function plan(make?: (errors: { error(m: string): void }) => object) {
  let failed = false
  let made: object | undefined
  const errors = { error: (_m: string) => { failed = true } }
  made = make?.(errors)
  return failed ? null : made
}
`,
  ),
  good('plain JavaScript', "'use strict'\nconst A = [1]\nexport const f = () => A[0]\n"),
]
