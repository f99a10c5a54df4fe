// Configurations for every element class, made from what it declares: an argument for each keyword
// that must be given, ports by its port code, pushed and pulled by its processing code. A class for
// which that gives nothing that works has its own in configurations.ts; one that has neither fails
// the tests that use this, so no class can be left out.

import { classFiles, loadClasses } from '../../dataplane/classes.ts'
import type { AnyElement } from '../../dataplane/element.ts'
import type { Graph } from '../../dataplane/graph.ts'
import { portCounts, portProcessing } from '../../dataplane/graph-codes.ts'
import type { ClickUpError } from '../../lib/errors.ts'
import { CONFIGURATIONS, type Registered } from './configurations.ts'
import { graphOf, Side } from './metamorphic.ts'
import { Trickle } from './trickle.ts'

export interface Wired {
  readonly className: string
  readonly spec: AnyElement
  /** The whole configuration; the element is called `x`. */
  readonly config: string
  readonly ports: readonly string[]
  /** Its ports that could be either are pulled. */
  readonly pull: boolean
}

/** A value for each type of argument. */
const VALUES: Readonly<Record<string, string>> = {
  int: '3',
  count: '30',
  real: '0.5',
  bool: 'true',
  string: 'abc',
  seconds: '0.05',
  bandwidth: '10kBps',
  ip: '10.0.0.9',
  ipnet: '10.0.0.0/8',
  ip6: '2001:db8::9',
  eth: '02:00:00:00:00:09',
  u8: '3',
  u16: '2048',
  u32: '14',
  anno: 'PAINT',
}

/** Every class with its declaration, by name. */
export async function everyClass(): Promise<ReadonlyMap<string, AnyElement>> {
  return loadClasses([...classFiles().keys()].sort())
}

/** Folder of a class: it says what packets the class is for. */
function groupOf(className: string): string {
  return classFiles().get(className)!.split('/').at(-2)!
}

/** The configurations of a class; a text: why it has none here. */
export function wire(className: string, spec: AnyElement): readonly Wired[] | string {
  const own = CONFIGURATIONS[className] ?? {}
  if (typeof own === 'string') return own
  const variants = isAgnostic(spec) ? [false, true] : [false]
  return variants.map((pull) => wireOne(className, spec, own, pull))
}

function isAgnostic(spec: AnyElement): boolean {
  const [first = 'a'] = spec.processing ?? 'a/a'
  return first === 'a'
}

function wireOne(className: string, spec: AnyElement, own: Registered, pull: boolean): Wired {
  const { ninputs, noutputs } = portCounts(spec.ports, own.inputs ?? 1, own.outputs ?? 1)
  const kinds = portProcessing(spec.processing ?? 'a/a', { ninputs, noutputs })
  const lines = [...(own.around ?? []), `x :: ${className}(${own.args ?? argsOf(spec)});`]
  const front = frontOf(className, own)
  kinds.inputs.forEach((kind, k) => {
    const queue = kind === 'pull' || (kind === 'agnostic' && pull) ? ' -> Queue(400)' : ''
    lines.push(`FromDevice(in${k})${front}${queue} -> [${k}]x;`)
  })
  kinds.outputs.forEach((kind, k) => {
    // Of an agnostic output it is the first that is pulled: what is beside the way is pushed.
    const pulled = kind === 'pull' || (kind === 'agnostic' && pull)
    const tail = own.tail === undefined || pulled ? '' : ` -> ${own.tail}`
    lines.push(`x[${k}]${pulled ? ' -> Trickle' : tail} -> ToDevice(out${k});`)
  })
  const config = lines.join('\n')
  const ports = [...config.matchAll(/(?:From|To)Device\((\w+)\)/g)].map((m) => m[1]!)
  return { className, spec, config, ports, pull }
}

function frontOf(className: string, own: Registered): string {
  if (own.front !== undefined) return own.front === '' ? '' : ` -> ${own.front}`
  return groupOf(className) === 'ethernet' ? '' : ' -> Strip(14) -> CheckIPHeader'
}

/** Every argument that must be given, by keyword. */
function argsOf(spec: AnyElement): string {
  if (spec.config === 'raw') return ''
  const declared = spec.config as Readonly<Record<string, { type: string; mandatory: boolean }>>
  return Object.entries(declared)
    .filter(([, a]) => a.mandatory)
    .map(([keyword, a]) => `${keyword} ${VALUES[a.type] ?? ''}`)
    .join(', ')
}

/** Throws where the configuration does not work. */
export async function workingGraph(wired: Wired): Promise<Graph> {
  try {
    const graph = await graphOf(wired.config, EXTRA_CLASSES)
    new Side(graph, wired, 0, []).router.close()
    return graph
  } catch (error) {
    const { message, findings = [] } = error as ClickUpError
    const reasons = [message, ...findings.map((f) => f.message)].join('\n')
    throw new Error(
      `no configuration of ${wired.className} could be made from its declarations: give it one, ` +
        `or a reason, in test/property/configurations.ts\n${reasons}\n${wired.config}`,
    )
  }
}

export const EXTRA_CLASSES = new Map([['Trickle', Trickle]])
