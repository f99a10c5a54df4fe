// What an element's declarations say by themselves, as part of its documentation: ports, and the
// state that moves with an upgrade.

import type { StateDecl } from '../../dataplane/declare.ts'
import type { AnyElement } from '../../dataplane/element.ts'
import type { Part } from './block.ts'

/** What is shown of an element's declarations. */
export interface Declared {
  readonly ports: string
  readonly processing: string
  readonly flow: string
  readonly state: readonly string[]
}

export function declaredOf(spec: AnyElement): Declared {
  const state = Object.entries((spec.state ?? {}) as Record<string, StateDecl>)
  return {
    ports: spec.ports,
    processing: spec.processing ?? 'a/a',
    flow: spec.flow ?? 'x/x',
    state: state.map(([name, decl]) => `${name}: ${stateText(decl)}`),
  }
}

function stateText(decl: StateDecl): string {
  if (decl.kind === 'packets') return 'packets, each moves with its bucket'
  const { scope } = decl
  const [what, does] = decl.kind === 'table' ? ['rows', 'do'] : ['a row', 'does']
  if (scope === 'flow') return `${what} of flows, each moves with its bucket`
  return scope === 'shared' ? `${what} that every replica has` : `${what} that ${does} not move`
}

const WORDS: Readonly<Record<string, string>> = { h: 'push', l: 'pull', a: 'agnostic' }

/** `h/lh` as words. */
export function processingText(code: string): string {
  const side = (letters: string) => {
    const words = [...letters].map((letter) => WORDS[letter] ?? letter)
    const [first, ...more] = words
    return more.length === 0 ? `${first}` : `${words.join(', then ')}`
  }
  const [inputs, outputs = inputs] = code.split('/') as [string, string?]
  return inputs === outputs ? side(inputs) : `${side(inputs)} inputs, ${side(outputs!)} outputs`
}

export function declaredParts({ ports, processing, state }: Declared): Part[] {
  const lines = [`ports ${ports}, ${processingText(processing)}`]
  for (const text of state) lines.push(`state ${text}`)
  return lines.map((text) => ({ kind: 'text', text }))
}
