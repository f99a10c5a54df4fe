// What the two ends of the UDP traffic counted, added up.

import type { UdpFigures } from '../report.ts'

/** By flow where it is an array. */
export interface UdpEnd {
  sent: number[]
  received: number[]
  reordered: number
  duplicated: number
  longest_gap_ms: number
}

export function addUp(client: UdpEnd, server: UdpEnd): UdpFigures {
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const lost = (sent: number[], received: number[]) =>
    sum(sent.map((n, flow) => Math.max(0, n - (received[flow] ?? 0))))
  return {
    sent: sum(client.sent) + sum(server.sent),
    received: sum(client.received) + sum(server.received),
    lost: lost(client.sent, server.received) + lost(server.sent, client.received),
    reordered: client.reordered + server.reordered,
    duplicated: client.duplicated + server.duplicated,
    longest_gap_ms: Math.max(client.longest_gap_ms, server.longest_gap_ms),
  }
}
