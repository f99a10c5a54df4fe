// The configuration language: compounds, names and numbers, groups, tunnels, variables, mistakes. What
// is compared is the flat configuration, the list of elements, and what is said about mistakes.

import type { Random } from '../../../lib/random.ts'
import { type Case, EMPTY, type Generator, type Link } from '../case.ts'

/** Names that are in use so far. */
interface Names {
  readonly elements: string[]
  readonly classes: string[]
  /** Chance of something that is wrong. */
  readonly wrong: number
}

const ONE_TO_ONE = [
  'Null',
  'Counter',
  'PushNull',
  'Paint(1)',
  'Strip(2)',
  'Queue -> Unqueue',
  'Print(a)',
]

const MISTAKES = [
  'Idle -> -> Discard;',
  'e0 -> nope;',
  'elementclass { };',
  'Idle -> Discard',
  '})',
  'Idle [1] -> Discard;',
]

function anonymous(random: Random, { classes, wrong }: Names): string {
  if (random.chance(wrong))
    return random.pick(['Nope', 'Paint', 'Strip(x)', 'Queue(1, 2, 3)', 'Null(1)'])
  return random.chance(0.35) && classes.length > 0 ? random.pick(classes) : random.pick(ONE_TO_ONE)
}

function element(random: Random, names: Names): string {
  if (random.chance(0.3)) {
    const name = `e${names.elements.length}`
    names.elements.push(name)
    return `${name} :: ${anonymous(random, names)}`.replace(/ -> .*/, '')
  }
  const kind = random.below(12)
  if (kind === 0) return `{ input -> ${anonymous(random, names)} -> output }`
  if (kind === 1) return `{ [0] -> ${anonymous(random, names)} -> [0] }`
  if (kind === 2) return `{ -> ${anonymous(random, names)} -> }`
  if (random.chance(names.wrong)) return random.pick(['nope', '[3] Null', 'Null [2]', 'Null, Null'])
  return anonymous(random, names)
}

function chain(random: Random, names: Names, ends: boolean): string {
  const length = random.between(1, 4)
  const middle = Array.from({ length }, () => element(random, names))
  const all = ends ? ['Idle', ...middle, 'Discard'] : middle
  return all.join(' -> ')
}

function compound(random: Random, names: Names): string {
  const name = `C${names.classes.length}`
  const inner: Names = { ...names, elements: [] }
  const variable = random.chance(0.4)
  const body = chain(random, inner, false)
  const paint = variable ? ' -> Paint($a)' : ''
  if (random.chance(0.2)) {
    const nested = `elementclass D { input -> ${anonymous(random, inner)} -> output }`
    names.classes.push(name)
    return `elementclass ${name} { ${nested}; input -> d :: D -> D -> output };`
  }
  const more = random.chance(0.3) ? `; ${chain(random, inner, true)}` : ''
  names.classes.push(variable ? `${name}(${random.below(9)})` : name)
  return `elementclass ${name} { ${variable ? '$a | ' : ''}input -> ${body}${paint} -> output${more} };`
}

function statement(random: Random, names: Names): string {
  switch (random.below(9)) {
    case 0:
    case 1:
      return compound(random, names)
    case 2: {
      const name = `t${names.elements.length}`
      names.elements.push(`${name}_`)
      return `connectiontunnel ${name}i -> ${name}o; Idle -> ${name}i; ${name}o -> Discard;`
    }
    case 3:
      return `define($v ${random.below(9)}, $w 3); Idle -> Strip($w) -> Paint($v) -> Discard;`
    case 4:
      return `x${names.elements.push('')}, w${names.elements.length} :: Idle;`
    case 5:
      return `Idle, Idle => ${element(random, names)}, { input -> output } => Discard, Discard;`
    case 6:
      return random.chance(names.wrong * 4) ? random.pick(MISTAKES) : '/* nothing */ ;'
    default:
      return `${chain(random, names, true)};`
  }
}

function make(random: Random): Case {
  const names: Names = { elements: [], classes: [], wrong: random.chance(0.5) ? 0 : 0.06 }
  const statements: Link[] = Array.from({ length: random.between(2, 8) }, () => ({
    text: statement(random, names),
  }))
  return { ...EMPTY, statements, args: ['-q', '-h', 'flatconfig', '-h', 'list'], errors: 'loose' }
}

export const generator: Generator = { make, weight: 1 }
