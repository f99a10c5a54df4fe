// TRACEINFO of AggregateIPFlows: what each flow was, in XML.

import { closeSync, openSync } from 'node:fs'
import { writeAll } from '../../dataplane/output.ts'
import type { FlowRow, FlowTable } from './aggregate-ip-flows.ts'
import { ipText } from './text.ts'

const STDOUT = 1

export interface Trace {
  readonly fd: number
  begin(filename: string): void
  readonly write: (row: FlowRow) => void
}

export function openTrace(filename: string): Trace {
  const fd = filename === '-' ? STDOUT : openSync(filename, 'w')
  return {
    fd,
    begin(name) {
      const file = name === '' ? '' : ` file='${name}'`
      writeAll(fd, `<?xml version='1.0' standalone='yes'?>\n<trace${file}>\n`)
    },
    write: (row) => {
      writeAll(fd, flowText(row))
      row.packets0 = 0
      row.packets1 = 0
    },
  }
}

export function closeTrace(trace: Trace, flows: FlowTable): void {
  flows.each(trace.write)
  if (trace.fd === STDOUT) return
  writeAll(trace.fd, '</trace>\n')
  closeSync(trace.fd)
}

function flowText(row: FlowRow): string {
  const { reverse, ports } = row
  const src = ipText(reverse ? row.high : row.low)
  const dst = ipText(reverse ? row.low : row.high)
  const sport = reverse ? ports & 0xffff : ports >>> 16
  const dport = reverse ? ports >>> 16 : ports & 0xffff
  const filepos = row.filepos === 0 ? '' : ` filepos='${row.filepos}'`
  const times = `begin='${nine(row.first_us)}' duration='${nine(row.last_us - row.first_us)}'`
  return `<flow aggregate='${row.aggregate}' src='${src}' sport='${sport}' dst='${dst}' dport='${dport}' ${times}${filepos}>
  <stream dir='0' packets='${row.packets0}' /><stream dir='1' packets='${row.packets1}' />
</flow>
`
}

/** Seconds with nine digits behind the point. */
function nine(us: number): string {
  const seconds = Math.floor(us / 1e6)
  return `${seconds}.${String(Math.round((us - seconds * 1e6) * 1000)).padStart(9, '0')}`
}
