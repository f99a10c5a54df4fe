/*
=c

ToIPFlowDumps(FILEPATTERN [, I<keywords>])

=s traces

writes a summary dump for each TCP and UDP flow

=d

Writes what FromIPSummaryDump reads, a file for each flow. Flows are told by their aggregate
annotation, which AggregateIPFlows sets; packets with aggregate 0 are not written. With an output,
packets go on there.

FILEPATTERN is the files' name. In it, C<%n> stands for the aggregate, C<%x> and C<%X> for the same
in hexadecimal; C<%.0n> to C<%.3n> for one of its bytes, C<%.4n> and C<%.5n> for its upper and lower
half; C<%s> and C<%d> for source and destination address, C<%.0s> to C<%.3s> for one of their bytes;
C<%S> and C<%D> for the ports; C<%p> for the protocol, C<T> or C<U>; C<%%> for C<%>. Behind the C<%> a
width may stand, with a zero in front to fill up with zeroes: C<%06n>. Folders that are not there are
made.

=over 8

=item NOTIFIER

Name of an element that numbers aggregates, AggregateIPFlows say. If given, a flow's file is finished
when the flow is over.

=item ABSOLUTE_TIME

Boolean. If true, times are written as they are. Default is false: from the flow's first packet on.

=item ABSOLUTE_SEQ

Boolean. If true, sequence numbers are written as they are. Default is false: from each end's first
one on.

=item BINARY

Boolean. If true, writes binary records. Default is false.

=item GZIP

Boolean. If true, finished files are packed, and C<.gz> is added to their names. Default is false.

=item ALL_TCP_OPT

Boolean. If true, TCP options are written. Default is false.

=item TCP_OPT

Boolean. If true, the options for segment size, window scaling and selective acknowledgements are
written. Default is false.

=item TCP_WINDOW

Boolean. If true, TCP windows are written. Default is false.

=item IP_ID

Boolean. If true, IP identifications are written. Default is false.

=item MINCOUNT

Unsigned. Flows with fewer packets are not written. Default is 0.

=back

=h clear write-only

Finishes all files.

=h count read-only

Returns the number of packets written.

=h no_aggregate read-only

Returns the number of packets with aggregate 0.

=h nagg read-only

Returns the number of flows whose files are not finished.

=e

  FromDump(in.pcap, STOP true, FORCE_IP true)
    -> af :: AggregateIPFlows
    -> ToIPFlowDumps(flows/%05n, NOTIFIER af);

=a AggregateIPFlows, ToIPSummaryDump, FromIPSummaryDump
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { AGGREGATE_FLOWS_MAX } from '../../lib/limits.ts'
import { type AggregateEvents, type Listening, listenTo } from '../lib/aggregate-notifier.ts'
import { aggregateOf } from '../lib/anno-words.ts'
import { readIp } from '../lib/arp.ts'
import { FlowDump, type FlowOptions } from '../lib/flow-dump.ts'
import { checkPattern, expandPattern } from '../lib/flow-filename.ts'
import { systemWords } from '../lib/trace-file.ts'

interface Writing extends Listening {
  readonly flows: Map<number, FlowDump>
}

interface Me {
  readonly config: { readonly FILEPATTERN: string; readonly GZIP: boolean }
  readonly plan: FlowOptions
  readonly counters: { count: number; no_aggregate: number }
  readonly resource: Writing
  readonly router: { print(line: string): void }
}

const EVENTS: AggregateEvents<Me> = { deleted: finish }

export default element({
  name: 'ToIPFlowDumps',
  ports: '1/0-1',
  processing: 'a/a',

  config: {
    FILEPATTERN: arg.filename('-').at(),
    NOTIFIER: arg.element(''),
    ABSOLUTE_TIME: arg.bool(false),
    ABSOLUTE_SEQ: arg.bool(false),
    BINARY: arg.bool(false),
    GZIP: arg.bool(false),
    ALL_TCP_OPT: arg.bool(false),
    TCP_OPT: arg.bool(false),
    TCP_WINDOW: arg.bool(false),
    IP_ID: arg.bool(false),
    MINCOUNT: arg.count(0),
  },

  counters: {
    count: 'packets written',
    no_aggregate: 'packets with aggregate 0, which are not written',
  },

  local: 'files of this run, and what waits to be written to them',

  configure(config, context): FlowOptions {
    const found = checkPattern(config.FILEPATTERN)
    if (found === null) context.error('FILEPATTERN: bad % escape')
    else if (found.escapes === 0)
      context.warning('FILEPATTERN has no % escapes, so output files will get overwritten')
    return {
      absoluteTime: config.ABSOLUTE_TIME,
      absoluteSeq: config.ABSOLUTE_SEQ,
      binary: config.BINARY,
      options: config.ALL_TCP_OPT ? 'all' : config.TCP_OPT ? 'main' : 'none',
      window: config.TCP_WINDOW,
      ipId: config.IP_ID,
      minCount: config.MINCOUNT,
    }
  },

  open(): Writing {
    return { aggregateEvents: EVENTS, flows: new Map() }
  },

  initialize(self, errors) {
    if (self.config.NOTIFIER !== '') listenTo(self, self.config.NOTIFIER, errors)
    if (self.inputKinds[0] === 'pull' && self.noutputs === 0) self.schedule()
  },

  close(self) {
    finishAll(self)
  },

  push(self, _port, p) {
    take(self, p)
    if (self.noutputs > 0) self.out[0]!(p)
    else self.kill(p)
  },

  pull(self) {
    const p = self.in[0]!()
    if (p !== null) take(self, p)
    return p
  },

  task(self) {
    if (self.noutputs > 0 || self.inputKinds[0] !== 'pull') return false
    const p = self.in[0]!()
    if (p === null) return false
    take(self, p)
    self.kill(p)
    return true
  },

  handlers: {
    clear: { write: (self) => finishAll(self) },
    nagg: { read: (self) => String(self.resource.flows.size) },
  },
})

function take(self: Me, p: Packet): void {
  const { counters, resource } = self
  const aggregate = aggregateOf(p)
  if (aggregate === 0 || p.net < 0 || p.end - p.net < 20) {
    counters.no_aggregate++
    return
  }
  let flow = resource.flows.get(aggregate)
  if (flow === undefined) {
    if (resource.flows.size >= AGGREGATE_FLOWS_MAX) finishAll(self)
    flow = begin(self, aggregate, p)
    resource.flows.set(aggregate, flow)
  }
  counters.count++
  try {
    flow.add(p)
  } catch (error) {
    complain(self, flow, error)
  }
}

/** A file for the flow of its first packet; that may be one from the flow's other end. */
function begin(self: Me, aggregate: number, p: Packet): FlowDump {
  const { mem, net } = p
  const ports = net + (mem[net]! & 15) * 4
  const both = ports + 4 <= p.end ? readIp(mem, ports) : 0
  const ends = [
    { addr: readIp(mem, net + 12), port: both >>> 16 },
    { addr: readIp(mem, net + 16), port: both & 0xffff },
  ]
  const [from, to] = (p.paint & 1) === 0 ? [ends[0]!, ends[1]!] : [ends[1]!, ends[0]!]
  const flow = {
    aggregate: aggregate >>> 0,
    src: from.addr,
    dst: to.addr,
    sport: from.port,
    dport: to.port,
    proto: mem[net + 9]!,
  }
  const name = expandPattern(self.config.FILEPATTERN, flow)
  return new FlowDump(name, flow, p.timeUs, self.plan)
}

function finish(self: Me, aggregate: number): void {
  const { flows } = self.resource
  const flow = flows.get(aggregate | 0)
  if (flow === undefined) return
  flows.delete(aggregate | 0)
  try {
    flow.write()
    if (self.config.GZIP) flow.compress()
  } catch (error) {
    complain(self, flow, error)
  }
}

function finishAll(self: Me): void {
  for (const aggregate of [...self.resource.flows.keys()]) finish(self, aggregate)
}

/** A disk that is full must not stop the router. */
function complain(self: Me, flow: FlowDump, error: unknown): void {
  self.router.print(`${flow.filename}: ${systemWords(error)}`)
}
