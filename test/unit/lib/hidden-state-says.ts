// What the check says of each case of hidden-state-bad.ts: line:column and the first line.

export const SAYS: Readonly<Record<string, readonly string[]>> = {
  'let, counted': [
    "2:5 'seen', a variable of the module, is changed later on (seen++ in action(), line 4): an upgrade would lose it",
  ],
  'let, added to': [
    "2:5 'bytes', a variable of the module, is changed later on (bytes += p.length in action(), line 4): an upgrade would lose it",
  ],
  'let, with a type': [
    "2:5 'last', a variable of the module, is changed later on (last = p.dst in action(), line 4): an upgrade would lose it",
  ],
  var: [
    "2:5 'last', a variable of the module, is changed later on (last = p.dst in action(), line 4): an upgrade would lose it",
  ],
  'exported let': [
    "2:12 'limit', a variable of the module, is changed later on (limit = p.length in action(), line 4): an upgrade would lose it",
  ],
  'let that nothing changes': [
    "2:5 'limit' is declared with let at module level, where any function may change it: hidden state; write const",
  ],
  Map: [
    "2:7 'flows', a Map of the module, is changed later on (flows.set(p.dst, 1) in action(), line 4): an upgrade would lose it",
  ],
  Set: [
    "2:7 'known', a Set of the module, is changed later on (known.add(p.dst) in action(), line 4): an upgrade would lose it",
  ],
  array: [
    "2:7 'held', an array of the module, is changed later on (held.push(p) in action(), line 4): an upgrade would lose it",
  ],
  'array by index': [
    "2:7 'hits', an array of the module, is changed later on (hits[p.length & 3] += 1 in action(), line 4): an upgrade would lose it",
  ],
  object: [
    "2:7 'stats', an object of the module, is changed later on (stats.packets++ in action(), line 4): an upgrade would lose it",
  ],
  'typed array': [
    "2:7 'sums', a typed array (Uint32Array) of the module, is changed later on (sums[p.length & 255] = 1 in action(), line 4): an upgrade would lose it",
  ],
  buffer: [
    "2:7 'area', a buffer of the module, is changed later on (area.writeUInt32BE(p.dst, 0) in action(), line 4): an upgrade would lose it",
  ],
  'view of a buffer': [
    "2:7 'view', a view (DataView) of the module, is changed later on (view.setInt32(0, p.dst) in action(), line 4): an upgrade would lose it",
  ],
  'property taken out': [
    "2:7 'seen', an object of the module, is changed later on (delete seen.a in action(), line 4): an upgrade would lose it",
  ],
  'Object.assign': [
    "2:7 'last', an object of the module, is changed later on (Object.assign(last, { dst: p.dst }) in action(), line 4): an upgrade would lose it",
  ],
  'another name': [
    "2:7 'rows', an array of the module, is changed later on (row.n++ in action(), line 4): an upgrade would lose it",
  ],
  'taken apart': [
    "2:7 'all', an object of the module, is changed later on (list.push(1) in action(), line 4): an upgrade would lose it",
  ],
  'part of a map': [
    "2:7 'lists', a Map of the module, is changed later on (lists.get(1)?.push(2) in action(), line 4): an upgrade would lose it",
  ],
  'for each': [
    "2:7 'rows', an array of the module, is changed later on (row.n++ in action(), line 4): an upgrade would lose it",
  ],
  'for of': [
    "2:7 'rows', an array of the module, is changed later on (row.n = 1 in action(), line 4): an upgrade would lose it",
  ],
  destructuring: [
    "2:7 'last', an object of the module, is changed later on ([last.a] = [p.dst] in action(), line 4): an upgrade would lose it",
  ],
  'passed to a function of the file': [
    "2:7 'log', an array of the module, is changed later on (note(log, p.dst) in action(), line 5): an upgrade would lose it",
  ],
  'given by a function of the file': [
    "2:7 'log', an array of the module, is changed later on (theLog().push(p.dst) in action(), line 5): an upgrade would lose it",
  ],
  'class of the file': [
    "3:7 'meter', an instance of Meter of the module, is changed later on (meter.add() in action(), line 5): an upgrade would lose it",
  ],
  'class of a library': [
    "3:7 'cache', an instance of Lru of the module, is changed later on (cache.touch(p.dst) in action(), line 5): an upgrade would lose it",
  ],
  'WeakMap by self': [
    "2:7 'own', a WeakMap of the module, is changed later on (own.set(self, 1) in action(), line 4): an upgrade would lose it",
  ],
  'regular expression with a place': [
    `2:7 'WORD', a regular expression with a place of the module, is changed later on (WORD.test("aaa") in action(), line 4): an upgrade would lose it`,
  ],
  generator: [
    "3:7 'ids', a value of the module, is changed later on (ids.next() in action(), line 5): an upgrade would lose it",
  ],
  'closure over a variable': [
    "3:7 'n', a local variable that a returned function keeps, is changed by it (n++ in action(), line 4): an upgrade would lose it",
  ],
  'closure over a Map': [
    "2:9 'seen', a Map that a returned function keeps, is changed by it (seen.set(k, 1) in note(), line 3): an upgrade would lose it",
  ],
  'closure called by another': [
    "2:7 'last', a local variable that a returned function keeps, is changed by it (last += 1 in bump(), line 3): an upgrade would lose it",
  ],
  'closure over a parameter': [
    "1:22 'n', a local variable that a returned function keeps, is changed by it (n++ in from(), line 1): an upgrade would lose it",
  ],
  'closure made in place': [
    "1:27 'n', a local variable that a returned function keeps, is changed by it (++n in a function, line 1): an upgrade would lose it",
  ],
  'closure in the plan': [
    "3:26 'turn', a local variable that a returned function keeps, is changed by it (turn++ in next(), line 3): an upgrade would lose it",
    '4:31 self.plan is changed (self.plan.next() in action(), line 4): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  'block of the module': [
    "2:7 'n', a local variable that a returned function keeps, is changed by it (n++ in a function, line 2): an upgrade would lose it",
  ],
  'static field': [
    "4:21 state is kept on the class 'Ids' (Ids.last++ in action(), line 4): an upgrade would lose it",
  ],
  'static field by this': [
    '2:53 a static field of a class is changed (this.last++ in next(), line 2): all elements share it, and an upgrade would lose it',
    "4:31 state is kept on the class 'Ids' (Ids.next() in action(), line 4): an upgrade would lose it",
  ],
  'property of a function': [
    "5:21 state is kept on the function 'rate' (rate.calls++ in action(), line 5): an upgrade would lose it",
  ],
  'imported collection': [
    "4:21 'shared' is imported, and changed here (shared.set(p.dst, 1) in action(), line 4): state in another module is hidden, an upgrade would lose it",
  ],
  'imported object': [
    "4:21 'shared' is imported, and changed here (shared.last.dst = p.dst in action(), line 4): state in another module is hidden, an upgrade would lose it",
  ],
  globalThis: [
    '4:21 a global is changed (globalThis.flows ??= new Map() in action(), line 4): an upgrade would lose it',
  ],
  environment: [
    '4:21 a global is changed (process.env.LAST = String(p.dst) in action(), line 4): an upgrade would lose it',
  ],
  self: [
    "4:21 'last' is put on self (self.last = p.dst in action(), line 4): self is frozen, and what is not declared does not move",
  ],
  'self, declared state replaced': [
    "4:21 'flows' is put on self (self.state.flows = new Map() in action(), line 4): self is frozen, and what is not declared does not move",
  ],
  plan: [
    '4:21 self.plan is changed (self.plan.list.push(p.dst) in action(), line 4): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  'plan, taken apart': [
    '4:44 self.plan is changed (plan.next = 1 in action(), line 4): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  config: [
    '4:21 self.config is changed (self.config.LIMIT = 3 in action(), line 4): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  clock: [
    "4:32 Date.now(): an element's time is the replica's clock, which a move takes along and tests set",
  ],
  'clock by new Date': [
    "4:32 new Date(): an element's time is the replica's clock, which a move takes along and tests set",
  ],
  'monotonic clock': [
    "4:32 performance.now(): an element's time is the replica's clock, which a move takes along and tests set",
  ],
  chance: [
    "4:25 Math.random(): an element's only randomness is its router's generator, which has a seed",
  ],
  'chance of node:crypto': [
    "4:31 randomInt(4): an element's only randomness is its router's generator, which has a seed",
  ],
  timer: [
    '4:21 setTimeout(() => self.kill(p), 100): a timer of Node.js does not move, and runs while an element may be at work',
  ],
  'timer of node:timers': [
    '4:21 every(() => self.kill(p), 100): a timer of Node.js does not move, and runs while an element may be at work',
  ],
  nextTick: [
    '4:21 process.nextTick(() => self.kill(p)): a timer of Node.js does not move, and runs while an element may be at work',
  ],
  promise: ['4:21 new Promise((done) => done(p)): what a promise waits for does not move'],
  'waiting for a promise': [
    '4:21 lookup(p.dst).then(() => self.kill(p)): what a promise waits for does not move',
  ],
  async: ['3:13 an async function: what a promise waits for does not move'],
  'mark without a reason': ["2:14 'hidden-state:' needs a reason: why may an upgrade lose this?"],
  'mark that covers nothing': [
    "2:1 'hidden-state:' stands here, but nothing here is hidden state: take it out",
  ],
  'mark of the whole element': [
    "2:1 'hidden-state:' stands here, but nothing here is hidden state: take it out",
    "4:21 'last' is put on self (self.last = 1 in action(), line 4): self is frozen, and what is not declared does not move",
  ],
  'not TypeScript': ['2:9 Unexpected ","'],
  'self by another name': [
    "3:23 'last' is put on self (it.last = p in push(), line 3): self is frozen, and what is not declared does not move",
    '4:41 self.plan is changed (it.plan.limit = 0 in write(), line 4): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  'self taken apart in the parameter': [
    '3:52 self.plan is changed (plan.next = p.dst in action(), line 3): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  'an instance in the plan': [
    '5:20 self.plan is changed (self.plan.turns.advance() in route(), line 5): it is made from the configuration, again for each version, so an upgrade would lose it',
  ],
  'an event emitter': [
    "3:7 'all', a value of the module, is changed later on (all.update(p.mem) in action(), line 5): an upgrade would lose it",
  ],
  'mark of the whole element, with a name': [
    "2:1 'hidden-state:' stands here, but nothing here is hidden state: take it out",
    "4:21 'last' is put on self (self.last = 1 in action(), line 4): self is frozen, and what is not declared does not move",
  ],
  'an object that changes itself': [
    '2:39 an object is changed by a method of its own (this.n++ in next(), line 2): an upgrade would lose it',
  ],
  'a property on a packet': [
    "4:21 'seenBefore' is put on a packet (p.seenBefore = true in action(), line 4): packets are used again for others, and what is not a field of theirs does not move",
  ],
  'closure that a function of the file hands on': [
    "3:7 'n', a local variable that a returned function keeps, is changed by it (n++ in ids(), line 4): an upgrade would lose it",
  ],
  'a built-in class': [
    '4:21 a global is changed (Array.prototype.last = p in action(), line 4): an upgrade would lose it',
  ],
}
