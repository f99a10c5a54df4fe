// What the check says: what is hidden, where it is changed, and what to write in its place.

import type { Binding, Node } from './source.ts'

const LOST = 'an upgrade would lose it'

const TABLE = (name: string) => `write instead, if a packet depends on it:
  state: { ${name}: table({ version: 1, scope: 'flow', key: { src: 'i32' }, row: { packets: 'f64' }, capacity: 65_536 }) }
  and use  self.state.${name}.get(src) ?? self.state.${name}.insert(p.bucket, src)`

const CELL = (name: string) => `write instead:
  state: { ${name}: cell({ version: 1, scope: 'shared', merge: 'last_writer', row: { value: 'f64' } }) }
  and use  self.state.${name}.value`

const COUNTER = (name: string) => `write instead:
  counters: { ${name}: 'what it counts' }
  and use  self.counters.${name} += 1`

const QUEUE = (name: string) => `write instead, if it holds packets:
  state: { ${name}: packets({ capacity: 1000 }) }
  and use  self.state.${name}.push(p), self.state.${name}.shift()
for anything else a table: see doc/writing-elements.md`

const SCRATCH = `or, where each use writes it before it reads it, say so above its declaration:
  // hidden-state: scratch, written before it is read`

/** Where a value is changed: 'cache.set(…) in action(), line 12'. */
export interface Change {
  readonly text: string
  readonly within: string
  readonly line: number
}

const at = ({ text, within, line }: Change) => `${text} ${within}, line ${line}`

export function moduleVariable(binding: Binding, change: Change | null, counts: boolean): string {
  const { name, kind } = binding
  if (change === null)
    return `'${name}' is declared with ${kind} at module level, where any function may change it: hidden state; write const`
  const instead = counts ? COUNTER(name) : CELL(name)
  return `'${name}', a variable of the module, is changed later on (${at(change)}): ${LOST}
${instead}`
}

export function moduleValue(name: string, what: string, change: Change): string {
  return `'${name}', ${what} of the module, is changed later on (${at(change)}): ${LOST}
${insteadOf(name, what)}`
}

export function closure(name: string, what: string, change: Change): string {
  return `'${name}', ${what} that a returned function keeps, is changed by it (${at(change)}): ${LOST}
${insteadOf(name, what)}`
}

function insteadOf(name: string, what: string): string {
  if (/variable/.test(what)) return CELL(name)
  if (/WeakMap|WeakSet/.test(what))
    return `what belongs to one element is state of that element
${CELL(name)}`
  if (/array$/.test(what) && !/typed/.test(what)) return QUEUE(name)
  if (/regular expression/.test(what)) return 'its lastIndex is kept: leave out the flag g or y'
  if (/typed array|buffer|view/.test(what)) return `${TABLE(name)}\n${SCRATCH}`
  return TABLE(name)
}

export function imported(name: string, change: Change): string {
  return `'${name}' is imported, and changed here (${at(change)}): state in another module is hidden, ${LOST}
${TABLE(name)}`
}

export function onFunction(name: string, kind: string, change: Change): string {
  return `state is kept on the ${kind} '${name}' (${at(change)}): ${LOST}
${CELL('last')}`
}

export function staticField(change: Change): string {
  return `a static field of a class is changed (${at(change)}): all elements share it, and ${LOST}
${CELL('last')}`
}

export function onObject(change: Change): string {
  return `an object is changed by a method of its own (${at(change)}): ${LOST}
${CELL('last')}`
}

export function onPacket(property: string, change: Change): string {
  return `'${property}' is put on a packet (${at(change)}): packets are used again for others, and what is not a field of theirs does not move
write instead an annotation:  p.paint,  or  setAnnoByte(p, 20, …)  of elements/lib/anno.ts
or what you know of its flow:
${TABLE('flows')}`
}

export function onGlobal(change: Change): string {
  return `a global is changed (${at(change)}): ${LOST}
${CELL('last')}`
}

export function onSelf(property: string, change: Change): string {
  return `'${property}' is put on self (${at(change)}): self is frozen, and what is not declared does not move
${CELL(property)}`
}

export function onPlan(part: string, change: Change): string {
  return `self.${part} is changed (${at(change)}): it is made from the configuration, again for each version, so ${LOST}
${TABLE('changed')}`
}

export function clock(text: string): string {
  return `${text}: an element's time is the replica's clock, which a move takes along and tests set
write instead:  self.router.nowMs  (milliseconds), self.router.nowUs  (microseconds since the epoch)`
}

export function chance(text: string): string {
  return `${text}: an element's only randomness is its router's generator, which has a seed
write instead:  self.router.random()`
}

export function timer(text: string): string {
  return `${text}: a timer of Node.js does not move, and runs while an element may be at work
write instead:  self.timerAt(self.router.nowMs + 1000)  and  timer(self) { … }`
}

export function promise(text: string): string {
  return `${text}: what a promise waits for does not move
write instead a bounded piece of work a turn:  task(self) { … }  with  self.schedule()
files and sockets: open(self) { … }, with  local: 'why they need not move'`
}

export function noReason(): string {
  return "'hidden-state:' needs a reason: why may an upgrade lose this?"
}

export function idleMark(): string {
  return "'hidden-state:' stands here, but nothing here is hidden state: take it out"
}

/** What a name stands for, by how it is declared. */
export function kindOfValue(declaration: Node): string {
  const init = declaration.type === 'VariableDeclarator' ? (declaration.init as Node | null) : null
  switch (init?.type) {
    case 'ArrayExpression':
      return 'an array'
    case 'ObjectExpression':
      return 'an object'
    case 'Literal':
      return init.regex === undefined ? 'a value' : 'a regular expression with a place'
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return 'a function'
    case 'NewExpression':
      return constructed(String(init.callee.name ?? 'object'))
    case 'CallExpression':
      return constructed(String(init.callee.object?.name ?? 'value'))
    default:
      return 'a value'
  }
}

/** By class, or by the object whose method made it: Buffer.alloc(64), Array.from(list). */
function constructed(name: string): string {
  if (/^(Int|Uint|Float|Big)\w*Array$/.test(name)) return `a typed array (${name})`
  if (name === 'Buffer') return 'a buffer'
  if (name === 'DataView') return 'a view (DataView)'
  if (name === 'Array') return 'an array'
  if (/^(Map|Set|WeakMap|WeakSet)$/.test(name)) return `a ${name}`
  return /^[A-Z]/.test(name) && name !== 'Object' ? `an instance of ${name}` : 'a value'
}
