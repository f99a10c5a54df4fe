// A compound's definition while it is being read: its elements by name, connections, variables.

import type { Param } from './ast.ts'
import type { BodyConnection, BodyNode, ClassValue, Compound } from './compound.ts'
import type { Findings } from './findings.ts'

/** The three tunnels of a group, and what `input` and `output` meant before. */
export interface Tunnels {
  readonly face: number
  readonly outerInput: number | undefined
  readonly outerOutput: number | undefined
}

/** Marks a name that is given out at the end, when all others are known. */
const ANONYMOUS = ';'

export class Body {
  readonly nodes: BodyNode[] = []
  readonly isFile: boolean
  readonly #name: string
  readonly #where: string
  readonly #depth: number
  readonly #findings: Findings
  readonly #params: Param[] = []
  readonly #defines: { name: string; value: string }[] = []
  readonly #variables = new Set<string>()
  readonly #connections: BodyConnection[] = []
  readonly #byName = new Map<string, number>()
  /** Of each tunnel, the ports that are connected: inputs, outputs. */
  readonly #used = new Map<number, { inputs: Set<number>; outputs: Set<number> }>()
  #outOfOrder = false

  constructor(outer: Body | null, name: string, where: string, findings: Findings) {
    this.isFile = outer === null
    this.#name = name
    this.#where = where
    this.#depth = outer === null ? 0 : outer.#depth + 1
    this.#findings = findings
    if (outer === null) return
    this.#byName.set('input', this.#tunnel('input', where))
    this.#byName.set('output', this.#tunnel('output', where))
  }

  find(name: string): number | null {
    return this.#byName.get(name) ?? null
  }

  add(name: string, cls: ClassValue, config: string, where: string): number {
    checkName(name, where, this.#findings)
    return this.#push({ name, cls, config, where, jump: -1, ninputs: 0, noutputs: 0 })
  }

  /** `Class@N`; N is the element's number in the block, or the next that is free. */
  addAnonymous(className: string, cls: ClassValue, config: string, where: string): number {
    const name = `${className}@${this.#nextNumber()}`
    checkName(name, where, this.#findings)
    const node = { cls, config, where, jump: -1, ninputs: 0, noutputs: 0 }
    return this.#push({ name: ANONYMOUS + name, ...node })
  }

  #nextNumber(): number {
    return this.nodes.length - (this.isFile ? 0 : 2) + 1
  }

  #push(node: BodyNode): number {
    const index = this.nodes.push(node) - 1
    this.#byName.set(node.name, index)
    return index
  }

  #tunnel(name: string, where: string): number {
    const index = this.nodes.length
    this.#used.set(index, { inputs: new Set(), outputs: new Set() })
    return this.#push({ name, cls: null, config: '', where, jump: -1, ninputs: 0, noutputs: 0 })
  }

  connect(connection: BodyConnection): void {
    const { from, fromPort, to, toPort } = connection
    this.#connections.push(connection)
    const [source, target] = [this.nodes[from]!, this.nodes[to]!]
    source.noutputs = Math.max(source.noutputs, fromPort + 1)
    target.ninputs = Math.max(target.ninputs, toPort + 1)
    this.#used.get(from)?.outputs.add(fromPort)
    this.#used.get(to)?.inputs.add(toPort)
  }

  param(param: Param): void {
    this.#variable(param.name, param.where)
    const { keyword, where } = param
    if (keyword !== '' && this.#params.some((p) => p.keyword === keyword))
      this.#findings.error(where, `repeated keyword parameter '${keyword}' in compound element`)
    const last = this.#params.at(-1)?.keyword ?? ''
    this.#params.push(param)
    if (this.#outOfOrder || !(last === '__REST__' || (keyword === '' && last !== ''))) return
    this.#outOfOrder = true
    const order = "(The correct order is '[positional], [keywords], [__REST__]'.)"
    this.#findings.error(where, `compound element parameters out of order\n${order}`)
  }

  define(name: string, value: string, where: string): void {
    if (this.#variable(name, where)) this.#defines.push({ name, value })
  }

  #variable(name: string, where: string): boolean {
    if (this.#variables.has(name)) {
      this.#findings.error(where, `parameter '$${name}' multiply defined`)
      return false
    }
    this.#variables.add(name)
    return true
  }

  enterGroup(where: string): Tunnels {
    const name = `${ANONYMOUS}@${this.#nextNumber()}`
    const group = {
      face: this.#tunnel(name, where),
      outerInput: this.#byName.get('input'),
      outerOutput: this.#byName.get('output'),
    }
    const input = this.#tunnel(`${name}/input`, where)
    const output = this.#tunnel(`${name}/output`, where)
    this.nodes[group.face]!.jump = input
    this.nodes[output]!.jump = group.face
    this.#byName.set('input', input)
    this.#byName.set('output', output)
    return group
  }

  leaveGroup(group: Tunnels, where: string): { name: string; ninputs: number; noutputs: number } {
    const name = '<anonymous group>'
    const ninputs = this.#checkPseudo(group.face + 1, 'input', name, where)
    const noutputs = this.#checkPseudo(group.face + 2, 'output', name, where)
    this.#restore('input', group.outerInput)
    this.#restore('output', group.outerOutput)
    return { name: this.nodes[group.face]!.name, ninputs, noutputs }
  }

  #restore(name: string, index: number | undefined): void {
    if (index === undefined) this.#byName.delete(name)
    else this.#byName.set(name, index)
  }

  /** `input` is only a source, `output` only a target, and no port is left out. Counts ports. */
  #checkPseudo(index: number, side: 'input' | 'output', name: string, where: string): number {
    const { inputs, outputs } = this.#used.get(index)!
    const [inner, wrong] = side === 'input' ? [outputs, inputs] : [inputs, outputs]
    if (wrong.size > 0) {
      const other = side === 'input' ? 'output' : 'input'
      this.#findings.error(where, `'${name}' pseudoelement '${side}' may only be used as ${other}`)
    }
    const node = this.nodes[index]!
    const count = side === 'input' ? node.noutputs : node.ninputs
    if (inner.size < count) {
      for (let port = 0; port < count; port++)
        if (!inner.has(port)) {
          this.#findings.error(where, `'${name}' ${side} ${port} missing`)
          break // the first says it all
        }
    }
    return count
  }

  finish(): Compound {
    const name = this.#name === '' ? '<anonymous>' : this.#name
    const ninputs = this.isFile ? 0 : this.#checkPseudo(0, 'input', name, this.#where)
    const noutputs = this.isFile ? 0 : this.#checkPseudo(1, 'output', name, this.#where)
    this.#nameAnonymous()
    return {
      name: this.#name,
      where: this.#where,
      depth: this.#depth,
      params: this.#params,
      defines: this.#defines,
      nodes: this.nodes,
      connections: this.#connections,
      ninputs,
      noutputs,
      next: null,
    }
  }

  #nameAnonymous(): void {
    // From a number that is taken to one that may be free: keeps many collisions cheap.
    const jumps = new Map<string, number>()
    for (const [index, node] of this.nodes.entries()) {
      if (!node.name.startsWith(ANONYMOUS) || node.cls === null) continue
      const at = node.name.lastIndexOf('@')
      const prefix = node.name.slice(1, at + 1)
      let number = Number(node.name.slice(at + 1))
      const passed: string[] = []
      while (this.#byName.has(`${prefix}${number}`)) {
        passed.push(`${prefix}${number}`)
        number = jumps.get(`${prefix}${number}`) ?? number + 1
      }
      for (const name of passed) jumps.set(name, number + 1)
      node.name = `${prefix}${number}`
      this.#byName.set(node.name, index)
    }
  }
}

/** No part of a name may be a number: numbers name elements by their index. */
export function checkName(name: string, where: string, findings: Findings): void {
  if (name.split('/').some((part) => /^\d*$/.test(part)))
    findings.error(where, `element name '${name}' has all-digit component`)
}
