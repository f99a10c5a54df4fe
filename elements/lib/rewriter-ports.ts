// Outside ports by class: how a rewriter finds a port that makes the replies of a flow come back to
// the flow's own bucket (doc/architecture.md, "Ports that hash home").
//
// The steering hash of a flow is linear in the XOR of its ports, so whatever the remote end is, the
// outside ports that fit an inside endpoint are those whose class (the top bits of portPart) is one
// value. Ports of a range are kept sorted by class: a class is a run of the table at any number of
// buckets. With B buckets it has 65,536/B ports, fewer where the range leaves some out.

import { bucketOf, hash4, portPart } from '../../lib/steer-hash.ts'

/** Ports of a range, sorted by class, and the class of each. */
export interface PortTable {
  readonly ports: Uint16Array
  readonly classes: Uint16Array
}

/** The full class of a port: 16 bits, another for each port. */
function classOf(port: number): number {
  return portPart(port) >>> 16
}

/** Port 0 is never chosen. */
export function portTable(low: number, high: number): PortTable {
  const from = Math.max(low, 1)
  const count = Math.max(0, high - from + 1)
  const ports = new Uint16Array(count)
  const classes = new Uint16Array(count)
  // No two ports have one class, so that a port's place in order is its class; 0: no such port.
  const byClass = new Uint16Array(count === 0 ? 0 : 65_536)
  for (let port = from; port <= high; port++) byClass[classOf(port)] = port
  for (let c = 0, n = 0; n < count; c++) {
    const port = byClass[c]!
    if (port === 0) continue
    ports[n] = port
    classes[n++] = c
  }
  return { ports, classes }
}

/** Bucket of a flow; 0 where there is only one. */
export function homeOf(
  saddr: number,
  daddr: number,
  sport: number,
  dport: number,
  bucketsLog2: number,
): number {
  return bucketsLog2 === 0 ? 0 : bucketOf(hash4(saddr, daddr, sport, dport), bucketsLog2)
}

/**
 * The class, at 2^bucketsLog2 buckets, of outside ports that bring replies to `bucket`.
 * @param saddr the outside address
 * @param daddr,dport the remote end
 */
export function fittingClass(
  bucket: number,
  saddr: number,
  daddr: number,
  dport: number,
  bucketsLog2: number,
): number {
  // The hash with port 0 has everything but the port's own share.
  return bucket ^ homeOf(saddr, daddr, 0, dport, bucketsLog2)
}

/** Does a port belong to a class? */
export function fits(port: number, wanted: number, bucketsLog2: number): boolean {
  return bucketsLog2 === 0 || portPart(port) >>> (32 - bucketsLog2) === wanted
}

/** Index of the first port of a class; that of the next class ends the run. */
export function classStart(table: PortTable, wanted: number, bucketsLog2: number): number {
  const first = wanted * 2 ** (16 - bucketsLog2)
  let low = 0
  let high = table.classes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (table.classes[middle]! < first) low = middle + 1
    else high = middle
  }
  return low
}
