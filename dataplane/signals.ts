// Signals for scripts. All scripts of a signal run when it arrives; one that ends with `exit` is
// not run again, and when none is left the signal ends the process, as it would have without
// scripts. Signals that arrive close together are one: as the kernel has it for pending signals.

import { constants } from 'node:os'

type Run = () => boolean

interface Entry {
  readonly runs: Set<Run>
  pending: boolean
}

const entries = new Map<NodeJS.Signals, Entry>()

/** @param run called soon after the signal; false: not again */
export function onSignal(signal: NodeJS.Signals, run: Run): void {
  let entry = entries.get(signal)
  if (entry === undefined) {
    const made: Entry = { runs: new Set(), pending: false }
    entry = made
    entries.set(signal, made)
    process.on(signal, () => arrive(signal, made))
  }
  entry.runs.add(run)
}

export function offSignal(signal: NodeJS.Signals, run: Run): void {
  entries.get(signal)?.runs.delete(run)
}

/** For a process that signals itself: what scripts take needs no way through the kernel. */
export function raise(signal: NodeJS.Signals): boolean {
  const entry = entries.get(signal)
  if (entry === undefined) return false
  arrive(signal, entry)
  return true
}

/** Whether scripts take this signal: the driver then leaves it to them. */
export function hasScripts(signal: NodeJS.Signals): boolean {
  return (entries.get(signal)?.runs.size ?? 0) > 0
}

function arrive(signal: NodeJS.Signals, entry: Entry): void {
  if (entry.pending) return
  entry.pending = true
  setImmediate(() => {
    entry.pending = false
    if (entry.runs.size === 0) process.exit(128 + (constants.signals[signal] ?? 0))
    for (const run of [...entry.runs]) if (!run()) entry.runs.delete(run)
  })
}
