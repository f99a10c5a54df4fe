// What tools need to know of element classes: how packets flow through them, where packets come
// from and where they end. Flow is what our own classes declare; a class that is not here is taken
// for one that sends everything everywhere.

import { type Classes, loadClasses } from '../../dataplane/classes.ts'
import { type FlowLink, flowLinks, type PortCounts } from '../../dataplane/graph-codes.ts'

export interface Traits {
  readonly classes: Classes
}

export async function loadTraits(classNames: Iterable<string>): Promise<Traits> {
  return { classes: await loadClasses(classNames) }
}

const EVERYWHERE = 'x/x'

/** Inputs and outputs between which packets pass. */
export function linksOf(traits: Traits, className: string, counts: PortCounts): FlowLink[] {
  return flowLinks(traits.classes.get(className)?.flow ?? EVERYWHERE, counts)
}

export interface Ends {
  readonly source: boolean
  readonly sink: boolean
}

/** Classes that make packets, or take them for good, other than their ports would tell. */
const ENDS = new Map<string, Ends>([
  ...entries({ source: false, sink: false }, [
    'Clipboard',
    'DRRSched',
    'Idle',
    'PrioSched',
    'Resize',
    'RoundRobinSched',
    'SimplePrioSched',
    'SimpleRoundRobinSched',
    'StrideSched',
    'TimeSortedSched',
  ]),
  ...entries({ source: true, sink: false }, ['InfiniteSource']),
  ...entries({ source: false, sink: true }, ['ToDevice', 'ToDump', 'ToHost', 'ToIPSummaryDump']),
  ...entries({ source: true, sink: true }, [
    'KernelTun',
    'McastSocket',
    'RawSocket',
    'RouterLink',
    'Socket',
  ]),
])

function entries(ends: Ends, names: readonly string[]): [string, Ends][] {
  return names.map((name) => [name, ends])
}

/** Null: its ports tell: without inputs it is a source, without outputs a sink. */
export function endsOf(className: string): Ends | null {
  return ENDS.get(className) ?? null
}
