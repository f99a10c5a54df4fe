// The demo's report: what the traffic saw during an upgrade, as a table for people and as JSON.

export interface UdpFigures {
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly reordered: number
  readonly duplicated: number
  readonly longest_gap_ms: number
}

export interface TcpFigures {
  readonly connections: number
  readonly survived: number
  readonly bytes_checked: number
  /** Whose TCP: `kernel`, or `user-space` where no namespaces can be made. */
  readonly stack: 'kernel' | 'user-space'
  readonly broken: Readonly<Record<string, number>>
}

export interface PhaseFigures {
  readonly phase: string
  readonly ms: number
}

export interface RunFigures {
  readonly udp: UdpFigures
  readonly tcp: TcpFigures
  readonly rows_moved: number | null
  readonly hold_ms: number | null
  readonly replica_ready_ms: number | null
  readonly total_ms: number
  readonly phases: readonly PhaseFigures[]
}

export interface Report {
  readonly ok: boolean
  readonly driver: string
  readonly upgrade: RunFigures
  readonly cold: RunFigures
}

/** True only when nothing was lost, reordered or doubled and every connection lives. */
export function lostNothing(run: RunFigures): boolean {
  return (
    run.udp.sent > 0 &&
    run.udp.lost === 0 &&
    run.udp.reordered === 0 &&
    run.udp.duplicated === 0 &&
    run.tcp.connections > 0 &&
    run.tcp.survived === run.tcp.connections
  )
}

/** The table that the demo ends with: one row a figure, the live upgrade beside the cold one. */
export function summary(report: Report): string {
  const { upgrade, cold } = report
  const rows: [string, string, string][] = [
    ['', 'live upgrade', 'stop and start'],
    ['UDP packets sent', count(upgrade.udp.sent), count(cold.udp.sent)],
    ['  lost', count(upgrade.udp.lost), count(cold.udp.lost)],
    ['  reordered', count(upgrade.udp.reordered), count(cold.udp.reordered)],
    ['  duplicated', count(upgrade.udp.duplicated), count(cold.udp.duplicated)],
    ['  longest gap', ms(upgrade.udp.longest_gap_ms), ms(cold.udp.longest_gap_ms)],
    [
      `TCP connections alive (${upgrade.tcp.stack} stack)`,
      `${upgrade.tcp.survived} of ${upgrade.tcp.connections}`,
      `${cold.tcp.survived} of ${cold.tcp.connections}`,
    ],
    ['  bytes checked', count(upgrade.tcp.bytes_checked), count(cold.tcp.bytes_checked)],
    ['rows moved', maybe(upgrade.rows_moved, count), maybe(cold.rows_moved, count)],
    ['packets held for', maybe(upgrade.hold_ms, ms), maybe(cold.hold_ms, ms)],
    ['new replica ready in', maybe(upgrade.replica_ready_ms, ms), maybe(cold.replica_ready_ms, ms)],
    ['whole change', ms(upgrade.total_ms), ms(cold.total_ms)],
  ]
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]!.length)))
  const line = (row: [string, string, string]) =>
    `  ${row[0].padEnd(widths[0]!)}  ${row[1].padStart(widths[1]!)}  ${row[2].padStart(widths[2]!)}`
  const rule = `  ${widths.map((w) => '─'.repeat(w)).join('  ')}`
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n')
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}

function ms(n: number): string {
  return n >= 1000 ? `${(n / 1000).toFixed(2)} s` : `${n.toFixed(2)} ms`
}

function maybe(n: number | null, format: (n: number) => string): string {
  return n === null ? '–' : format(n)
}
