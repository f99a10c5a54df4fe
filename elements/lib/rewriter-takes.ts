// Which rewriters take each other's state when a configuration changes an element's class:
// IPRewriter takes that of TCPRewriter, UDPRewriter and ICMPPingRewriter, and they take it back for a
// rollback. All have rows of one form (rewriter-flows.ts says how they differ).
//
//   TCPRewriter → IPRewriter        as it is, and ICMPPingRewriter's
//   UDPRewriter → IPRewriter        each flow by the protocol of its first packet; DCCP is left behind
//   IPRewriter → TCPRewriter        TCP; all else is left behind
//   IPRewriter → ICMPPingRewriter   ICMP; all else is left behind
//   IPRewriter → UDPRewriter        UDP and TCP; ICMP is left behind

import type { RowData, Step, Taken } from '../../dataplane/declare.ts'
import { DATA, PACKETS, REPLY } from './rewriter-flows.ts'
import { ICMP, TCP, UDP } from './rewriter-packet.ts'

export type Takes = Readonly<Record<string, Taken>>

/** Version of the mappings that all of them have today: what these steps take and make. */
const FLOWS = 3

const STEPS: Readonly<Record<string, Readonly<Record<string, Step | null>>>> = {
  IPRewriter: { TCPRewriter: null, UDPRewriter: byProtocol, ICMPPingRewriter: null },
  TCPRewriter: { IPRewriter: only(TCP) },
  UDPRewriter: { IPRewriter: inOneSpace },
  ICMPPingRewriter: { IPRewriter: only(ICMP) },
}

/** What a class takes of others for its mappings. */
export function takenFlows(name: string): Takes {
  const steps = Object.entries(STEPS[name] ?? {})
  return Object.fromEntries(
    steps.map(([from, row]) => [
      `${from}.flows`,
      { [FLOWS]: row === null ? { to: FLOWS } : { to: FLOWS, row } },
    ]),
  )
}

/** The same for a state of version 1 whose rows mean the same in all of them. */
export function takenAsIs(name: string, state: string): Takes {
  const from = Object.keys(STEPS[name] ?? {})
  return Object.fromEntries(from.map((other) => [`${other}.${state}`, { 1: { to: 1 } }]))
}

function only(proto: number): Step {
  return (row) => (row.proto === proto ? row : null)
}

/** UDPRewriter's key says UDP for all; what came first is known by the row. */
function byProtocol(row: RowData): RowData | null {
  if (row.protocol === UDP) return row
  if (row.protocol !== TCP) return null
  // Three packets or more in a direction: taken for a connection that has carried data.
  const flags = Number(row.flags)
  const seen = (flags & PACKETS) === PACKETS ? DATA : 0
  return { ...row, proto: TCP, flags: (flags & REPLY) | seen }
}

function inOneSpace(row: RowData): RowData | null {
  if (row.proto === UDP) return row
  if (row.proto !== TCP) return null
  const flags = Number(row.flags)
  const seen = (flags & DATA) === 0 ? 0 : PACKETS
  return { ...row, proto: UDP, flags: (flags & REPLY) | seen }
}
