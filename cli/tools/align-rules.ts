// What element classes do to alignment: what packets they send out are like, and what they want
// packets to be like. A class that is not listed hands on what it gets, and wants what it owes.

import { splitArgs, takeWord } from '../../lib/click/text.ts'
import { parseBool, parseInteger } from '../../lib/click/values.ts'
import {
  type Alignment,
  alignment,
  BAD,
  EMPTY,
  join,
  meet,
  shifted,
  UNIVERSAL,
} from './alignment.ts'

export interface Rule {
  /** Alignment at the outputs for that at the inputs; not given: as packets flow. */
  have?(inputs: readonly Alignment[], noutputs: number): readonly Alignment[]
  /** Alignment wanted at the inputs for what is wanted at the outputs; not given: as they flow. */
  want?(ninputs: number, outputs: readonly Alignment[]): readonly Alignment[]
  /** Any alignment will do that is at least this regular. */
  readonly modulusMin?: number
}

const IP: Alignment = { modulus: 4, offset: 0 }
const ETHER: Alignment = { modulus: 4, offset: 2 }

const all = (a: Alignment, count: number): Alignment[] => new Array<Alignment>(count).fill(a)

function makes(a: Alignment): Rule {
  return { have: (_, noutputs) => all(a, noutputs), want: (ninputs) => all(EMPTY, ninputs) }
}

function wants(a: Alignment): Rule {
  return { want: (ninputs) => all(a, ninputs) }
}

export function joined(list: readonly Alignment[]): Alignment {
  return list.length === 0 ? alignment(1, 0) : list.reduce(join)
}

function met(list: readonly Alignment[]): Alignment {
  return list.length === 0 ? alignment(1, 0) : list.reduce(meet)
}

function shifts(bytes: number): Rule {
  return {
    have: (inputs, noutputs) => all(shifted(joined(inputs), bytes), noutputs),
    want: (ninputs, outputs) => all(shifted(met(outputs), -bytes), ninputs),
  }
}

const ARP_QUERIER: Rule = {
  have: ([first], noutputs) =>
    Array.from({ length: noutputs }, (_, j) => {
      if (first === undefined) return EMPTY
      return j === 0 ? shifted(first, -14) : ETHER
    }),
  want: (ninputs, [first]) =>
    Array.from({ length: ninputs }, (_, j) =>
      j === 0 && first !== undefined ? shifted(first, 14) : alignment(2, 0),
    ),
}

const FLOW: Rule = {}
const NOTHING: Rule = { have: (_, n) => all(EMPTY, n), want: (n) => all(EMPTY, n) }

const FIXED = new Map<string, Rule>([
  ['ARPQuerier', ARP_QUERIER],
  ['ARPResponder', wants(alignment(2, 0))],
  ['Classifier', { modulusMin: 4 }],
  ['Discard', NOTHING],
  ['EtherEncap', shifts(-14)],
  ['GridEncap', { have: shifts(98).have!, want: wants(IP).want! }],
  ['Idle', makes(UNIVERSAL)],
  ['InfiniteSource', makes(IP)],
  ['IPInputCombo', { have: shifts(14).have!, want: wants(ETHER).want! }],
  ['RatedSource', makes(IP)],
  ...['CheckSRHeader', 'SetSRChecksum', 'SR2CheckHeader', 'SR2SetChecksum'].map(
    (name): [string, Rule] => [name, makes(ETHER)],
  ),
  ...[
    'ICMPPingEncap',
    'IPEncap',
    'RandomUDPIPEncap',
    'RoundRobinTCPIPEncap',
    'RoundRobinUDPIPEncap',
    'StoreUDPTimeSeqRecord',
    'UDPIPEncap',
  ].map((name): [string, Rule] => [name, wants(IP)]),
])

/** Classes that ask AlignmentInfo for the alignment that they can rely on. */
export const ASKS_ALIGNMENT: ReadonlySet<string> = new Set([
  'CheckIPHeader',
  'CheckIPHeader2',
  'Classifier',
  'DynamicUDPIPEncap',
  'GridProxy',
  'ICMPIPEncap',
  'ICMPPingEncap',
  'IPInputCombo',
  'IPsecEncap',
  'UDPIP6Encap',
  'UDPIPEncap',
])

/** @param report told of an argument that cannot be read */
export function ruleOf(className: string, config: string, report: (text: string) => void): Rule {
  const args = splitArgs(config)
  switch (className) {
    case 'Align': {
      const a = readAlignment(args)
      if (a === BAD) report(`bad alignment '${config}'`)
      return a === BAD ? FLOW : makes(a)
    }
    case 'Strip':
    case 'Unstrip': {
      const bytes = parseInteger(argument(args, 'LENGTH', 0) ?? '')
      if (bytes === null) report(`bad length '${config}'`)
      return bytes === null ? FLOW : shifts(className === 'Strip' ? bytes : -bytes)
    }
    case 'CheckIPHeader':
    case 'CheckIPHeader2':
    case 'MarkIPHeader':
      return wants(shifted(IP, -headerOffset(args)))
    case 'FromDevice':
    case 'FromHost':
    case 'PollDevice':
      return device(args, makes)
    case 'ToHost':
      return device(args, wants)
    case 'ICMPError':
      return parseBool(argument(args, 'ETHER', -1) ?? 'false') === true ? FLOW : makes(IP)
    default:
      return FIXED.get(className) ?? FLOW
  }
}

/** An argument by keyword, or by position among those without one; null: not there. */
function argument(args: readonly string[], keyword: string, position: number): string | null {
  for (const arg of args) {
    const { word, rest } = takeWord(arg)
    if (word === keyword && rest !== '') return rest
  }
  const plain = args.filter((arg) => takeWord(arg).rest === '')
  return plain[position] ?? null
}

function readAlignment(args: readonly string[]): Alignment {
  const modulus = parseInteger(argument(args, 'MODULUS', 0) ?? '')
  const offset = parseInteger(argument(args, 'OFFSET', 1) ?? '')
  return modulus === null || offset === null ? BAD : alignment(modulus, offset)
}

/** Old configurations have bad source addresses in front of the offset. */
function headerOffset(args: readonly string[]): number {
  for (const position of [0, 1]) {
    const offset = parseInteger(argument(args, 'OFFSET', position) ?? '')
    if (offset !== null) return offset
  }
  return 0
}

function device(args: readonly string[], make: (a: Alignment) => Rule): Rule {
  const given = argument(args, 'ALIGNMENT', -1)
  if (given === null) return make(argument(args, 'TYPE', -1) === 'IP' ? IP : ETHER)
  const a = readAlignment(given.split(/\s+/))
  return a === BAD ? FLOW : make(a)
}
