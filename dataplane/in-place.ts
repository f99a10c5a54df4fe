// A configuration as text has read it, made ready to take the place of the running one: resolved,
// checked and built in steps between turns. With Beside (beside.ts) that is an upgrade in place.

import type { FlatGraph } from '../lib/click/index.ts'
import { ClickUpError, type Finding } from '../lib/errors.ts'
import type { Swap } from './beside.ts'
import type { AnyElement } from './element.ts'
import { resolveSteps } from './graph.ts'
import { type HandedOver, type Side, Successor, type SuccessorOptions } from './hand-over.ts'

export interface InPlaceOptions extends SuccessorOptions {
  /** Told before anything else is done. */
  readonly onWarnings?: (warnings: readonly Finding[]) => void
}

/**
 * Gives the swap, which is to be called between two turns, at once. Throws ClickUpError with all
 * findings (CONFIG, INCOMPATIBLE), and then nothing has changed.
 */
export function* inPlaceSteps(
  side: Side,
  flat: FlatGraph,
  classes: (name: string) => AnyElement | undefined,
  options: InPlaceOptions,
): Generator<void, Swap<HandedOver>> {
  const known = side.router.instances.map((i) => i.made)
  const { graph, errors, warnings } = yield* resolveSteps(flat, classes, { known })
  options.onWarnings?.(warnings)
  if (graph === null || errors.length > 0)
    throw new ClickUpError(
      'CONFIG',
      'the configuration has errors',
      'correct what is listed and try again',
      errors,
    )
  checkPorts(side, graph.elements)
  const next = new Successor(side, graph, options)
  yield* next.steps()
  return { swap: () => next.swap(), after: () => next.after() }
}

/** Ports are opened when a process starts: another one cannot come in place. */
function checkPorts(
  { router }: Side,
  elements: readonly { spec: AnyElement; config: unknown; where: string; name: string }[],
): void {
  const findings: Finding[] = []
  for (const { spec, config, where, name } of elements) {
    const { DEVNAME } = config as { readonly DEVNAME?: string }
    if (!/^(?:From|To)Device$/.test(spec.name) || DEVNAME === undefined) continue
    if (router.port(DEVNAME) !== null) continue
    findings.push({
      where,
      message: `'${name} :: ${spec.name}': '${DEVNAME}' is not open here: ports and interfaces cannot change in place`,
    })
  }
  if (findings.length > 0)
    throw new ClickUpError(
      'CONFIG',
      'the configuration has other ports',
      'upgrade by a new replica (without --in-place), or start anew',
      findings,
    )
}
