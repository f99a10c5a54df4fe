// Elements with hidden state. What the check says of each is in hidden-state-says.ts.

export interface BadCase {
  readonly name: string
  readonly code: string
}

const HEAD = "import { element } from 'click-up/dataplane/element.ts'\n"

/** An element whose action does that; what comes before is on lines 2 and up. */
function acting(before: string, action: string): string {
  return `${HEAD}${before}
export default element({ name: 'Bad', ports: '1/1', config: {},
  action(self, p) { ${action}; return p },
})
`
}

const bad = (name: string, code: string): BadCase => ({ name, code })

export const BAD: readonly BadCase[] = [
  bad('let, counted', acting('let seen = 0', 'seen++')),
  bad('let, added to', acting('let bytes = 0', 'bytes += p.length')),
  bad('let, with a type', acting('let last: number | null = null', 'last = p.dst')),
  bad('var', acting('var last = 0', 'last = p.dst')),
  bad('exported let', acting('export let limit = 10', 'limit = p.length')),
  bad('let that nothing changes', acting('let limit = 10', 'if (p.length > limit) return null')),
  bad('Map', acting('const flows = new Map<number, number>()', 'flows.set(p.dst, 1)')),
  bad('Set', acting('const known = new Set<number>()', 'known.add(p.dst)')),
  bad('array', acting('const held: unknown[] = []', 'held.push(p)')),
  bad('array by index', acting('const hits = [0, 0, 0, 0]', 'hits[p.length & 3]! += 1')),
  bad('object', acting('const stats = { packets: 0 }', 'stats.packets++')),
  bad('typed array', acting('const sums = new Uint32Array(256)', 'sums[p.length & 255] = 1')),
  bad('buffer', acting('const area = Buffer.alloc(64)', 'area.writeUInt32BE(p.dst, 0)')),
  bad(
    'view of a buffer',
    acting('const view = new DataView(new ArrayBuffer(8))', 'view.setInt32(0, p.dst)'),
  ),
  bad('property taken out', acting('const seen: Record<string, 1> = { a: 1 }', 'delete seen.a')),
  bad('Object.assign', acting('const last = { dst: 0 }', 'Object.assign(last, { dst: p.dst })')),
  bad('another name', acting('const rows = [{ n: 0 }]', 'const row = rows[0]!; row.n++')),
  bad('taken apart', acting('const all = { list: [0] }', 'const { list } = all; list.push(1)')),
  bad('part of a map', acting('const lists = new Map([[1, [0]]])', 'lists.get(1)?.push(2)')),
  bad('for each', acting('const rows = [{ n: 0 }]', 'rows.forEach((row) => { row.n++ })')),
  bad('for of', acting('const rows = [{ n: 0 }]', 'for (const row of rows) row.n = 1')),
  bad('destructuring', acting('const last = { a: 0 }', '[last.a] = [p.dst]')),
  bad(
    'passed to a function of the file',
    acting(
      'const log: number[] = []\nfunction note(list: number[], n: number) { list.push(n) }',
      'note(log, p.dst)',
    ),
  ),
  bad(
    'given by a function of the file',
    acting('const log: number[] = []\nconst theLog = () => log', 'theLog().push(p.dst)'),
  ),
  bad(
    'class of the file',
    acting(
      'class Meter { #n = 0; add() { this.#n++ } get() { return this.#n } }\nconst meter = new Meter()',
      'meter.add()',
    ),
  ),
  bad(
    'class of a library',
    acting("import { Lru } from 'lru'\nconst cache = new Lru()", 'cache.touch(p.dst)'),
  ),
  bad('WeakMap by self', acting('const own = new WeakMap<object, number>()', 'own.set(self, 1)')),
  bad('regular expression with a place', acting('const WORD = /a/g', "WORD.test('aaa')")),
  bad(
    'generator',
    acting(
      'function* numbers() { let n = 0; for (;;) yield n++ }\nconst ids = numbers()',
      'ids.next()',
    ),
  ),
  bad(
    'closure over a variable',
    `${HEAD}export function counting(name: string) {
  let n = 0
  return element({ name, ports: '1/1', config: {}, action(_self, p) { n++; return p } })
}
`,
  ),
  bad(
    'closure over a Map',
    `export function memory() {
  const seen = new Map<number, number>()
  const note = (k: number) => seen.set(k, 1)
  return { note, size: () => seen.size }
}
`,
  ),
  bad(
    'closure called by another',
    `export function makeIds() {
  let last = 0
  const bump = () => { last += 1 }
  return { next() { bump(); return last } }
}
`,
  ),
  bad('closure over a parameter', 'export const from = (n: number) => () => n++\n'),
  bad(
    'closure made in place',
    'const next = (() => { let n = 0; return () => ++n })()\nexport const id = () => next()\n',
  ),
  bad(
    'closure in the plan',
    `${HEAD}export default element({ name: 'Bad', ports: '1/1', config: {},
  configure: () => { let turn = 0; return { next: () => turn++ } },
  action(self, p) { p.paint = self.plan.next(); return p },
})
`,
  ),
  bad(
    'block of the module',
    'export let get: () => number // hidden-state: set once, below\n{ let n = 0; get = () => n++ }\n',
  ),
  bad('static field', acting('class Ids { static last = 0 }', 'Ids.last++')),
  bad(
    'static field by this',
    acting(
      'class Ids { static last = 0; static next() { return this.last++ } }',
      'p.paint = Ids.next()',
    ),
  ),
  bad(
    'property of a function',
    acting('function rate() { return 1 }\nrate.calls = 0', 'rate.calls++'),
  ),
  bad(
    'imported collection',
    acting("import { shared } from './shared.ts'", 'shared.set(p.dst, 1)'),
  ),
  bad(
    'imported object',
    acting("import * as shared from './shared.ts'", 'shared.last.dst = p.dst'),
  ),
  bad('globalThis', acting('', 'globalThis.flows ??= new Map()')),
  bad('environment', acting('', 'process.env.LAST = String(p.dst)')),
  bad('self', acting('', 'self.last = p.dst')),
  bad('self, declared state replaced', acting('', 'self.state.flows = new Map()')),
  bad('plan', acting('', 'self.plan.list.push(p.dst)')),
  bad('plan, taken apart', acting('', 'const { plan } = self; plan.next = 1')),
  bad('config', acting('', 'self.config.LIMIT = 3')),
  bad(
    'self by another name',
    `${HEAD}export default element({ name: 'Bad', ports: '1/1', config: {},
  push(it, port, p) { it.last = p; it.out[0]!(p) },
  handlers: { reset: { write: (it) => { it.plan.limit = 0 } } },
})
`,
  ),
  bad(
    'self taken apart in the parameter',
    `${HEAD}export default element({ name: 'Bad', ports: '1/1', config: {},
  action({ plan, counters }, p) { counters.n += 1; plan.next = p.dst; return p },
})
`,
  ),
  bad(
    'an instance in the plan',
    `${HEAD}class Turns { #n = 0; advance() { return this.#n++ } }
export default element({ name: 'Bad', ports: '1/2', config: {},
  configure: () => ({ turns: new Turns() }),
  route: (self) => self.plan.turns.advance() & 1,
})
`,
  ),
  bad(
    'an event emitter',
    acting(
      "import { createHash } from 'node:crypto'\nconst all = createHash('sha1')",
      'all.update(p.mem)',
    ),
  ),
  bad(
    'an object that changes itself',
    acting(
      'const turns = { n: 0, next() { return this.n++ }, last() { return this.n } }',
      'turns.last()',
    ),
  ),
  bad('a property on a packet', acting('', 'p.seenBefore = true; p.paint = 1; p.mem[p.off] = 1')),
  bad(
    'closure that a function of the file hands on',
    `const wrapped = (f: () => number) => ({ f })
export function ids() {
  let n = 0
  return wrapped(() => n++)
}
`,
  ),
  bad('a built-in class', acting('', 'Array.prototype.last = p')),
  bad('clock', acting('', 'p.timeUs = Date.now() * 1000')),
  bad('clock by new Date', acting('', 'p.timeUs = new Date().getTime()')),
  bad(
    'monotonic clock',
    acting("import { performance } from 'node:perf_hooks'", 'p.timeUs = performance.now()'),
  ),
  bad('chance', acting('', 'if (Math.random() < 0.5) return null')),
  bad(
    'chance of node:crypto',
    acting("import { randomInt } from 'node:crypto'", 'p.paint = randomInt(4)'),
  ),
  bad('timer', acting('', 'setTimeout(() => self.kill(p), 100)')),
  bad(
    'timer of node:timers',
    acting("import { setInterval as every } from 'node:timers'", 'every(() => self.kill(p), 100)'),
  ),
  bad('nextTick', acting('', 'process.nextTick(() => self.kill(p))')),
  bad('promise', acting('', 'new Promise((done) => done(p))')),
  bad(
    'waiting for a promise',
    acting("import { lookup } from './lookup.ts'", 'lookup(p.dst).then(() => self.kill(p))'),
  ),
  bad(
    'async',
    `${HEAD}export default element({ name: 'Bad', ports: '1/1', config: {},
  async task(self) { await self.router.writeHandlerLater('x', ''); return true },
})
`,
  ),
  bad('mark without a reason', acting('let seen = 0 // hidden-state:', 'seen++')),
  bad(
    'mark that covers nothing',
    acting('// hidden-state: an old reason\nconst LIMIT = 3', 'if (p.length > LIMIT) return null'),
  ),
  bad(
    'mark of the whole element',
    `${HEAD}// hidden-state: everything
export default element({ name: 'Bad', ports: '1/1', config: {},
  action(self, p) { self.last = 1; return p },
})
`,
  ),
  bad(
    'mark of the whole element, with a name',
    `${HEAD}// hidden-state: everything
export const Bad = element({ name: 'Bad', ports: '1/1', config: {},
  action(self, p) { self.last = 1; return p },
})
`,
  ),
  bad('not TypeScript', 'export default element({\n  name: ,\n})\n'),
]
