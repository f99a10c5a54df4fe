/*
=c

AggregateIPFlows([I<keywords>])

=s ipmeasure

numbers TCP and UDP flows in the aggregate annotation

=d

Gives each TCP and UDP flow a number, from 1 on, and sets packets' aggregate annotation to
it. A flow is told by addresses and ports; both of its directions have the same number. The
paint annotation becomes 0 in the direction of the flow's first packet and 1 in the other,
2 and 3 for ICMP errors. Other packets, and those that are too short, go to output 1, or are
dropped where there is none.

A flow without packets for some time is over, as is one that has had a FIN in both
directions, or a RST, when a SYN comes; the next packet starts one with a new number. Time is
that of the packets' annotations.

Later fragments have no ports: they wait for the first fragment, and other packets of the
same two hosts wait behind them. So packets of different pairs of hosts may overtake each
other, and some may be held when the driver stops; C<clear> lets them go.

Elements with a keyword NOTIFIER can hear from this one which flows are new and which over.

=over 8

=item TCP_TIMEOUT

Seconds until a TCP flow without packets is over. Default is 24 hours.

=item TCP_DONE_TIMEOUT

Seconds until one is over that has been closed. Default is 30.

=item UDP_TIMEOUT

Seconds until a UDP flow without packets is over. Default is 60.

=item FRAGMENT_TIMEOUT

Seconds that a fragment waits. It then goes to output 1, or is dropped. Default is 30.

=item REAP

Seconds between two looks for flows that are over. Default is 20 minutes.

=item ICMP

Boolean. If true, ICMP errors get the number of the flow that they tell of. Default is false.

=item FRAGMENTS

Boolean. If false, later fragments go to output 1, or are dropped. Must be false where
packets are pulled. Default is true where they are pushed.

=item TRACEINFO

File name. If given, what each flow was is written there, in XML; C<-> is the standard output.

=item SOURCE

Name of an element. Its handlers C<filename> and C<packet_filepos> are asked for what
TRACEINFO says of the file.

=back

=h clear write-only

Forgets all flows and lets go of all fragments.

=e

  FromDump(in.pcap, STOP true, FORCE_IP true)
    -> af :: AggregateIPFlows -> AggregateCounter -> Discard;
  DriverManager(pause, write af.clear)

=a AggregateIP, AggregateIPAddrPair, AggregateCounter, ToIPFlowDumps
*/

import { packets, table } from '../../dataplane/declare.ts'
import { arg, DROP, element, KEPT } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { AGGREGATE_FRAGMENTS_MAX } from '../../lib/limits.ts'
import { needTime, numbering, secondsOf } from '../lib/aggregate-flow.ts'
import {
  type FragmentsSelf,
  hold,
  isFragment,
  letAllGo,
  PAIR,
  tcpFlags,
  WAITING,
  waits,
} from '../lib/aggregate-fragments.ts'
import {
  account,
  endOld,
  type Flows,
  findFlow,
  flowTable,
  keyOf,
} from '../lib/aggregate-ip-flows.ts'
import { closeTrace, openTrace, type Trace } from '../lib/aggregate-trace.ts'
import { setAggregate } from '../lib/anno-words.ts'

const TCP = 6
const UDP = 17
const ICMP = 1
/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS = [3, 4, 5, 11, 12]
const ALL = 0x7fffffff

export default element({
  name: 'AggregateIPFlows',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    TRACEINFO: arg.filename(''),
    SOURCE: arg.element(''),
    TCP_TIMEOUT: arg.seconds(86_400),
    TCP_DONE_TIMEOUT: arg.seconds(30),
    UDP_TIMEOUT: arg.seconds(60),
    FRAGMENT_TIMEOUT: arg.seconds(30),
    REAP: arg.seconds(1200),
    ICMP: arg.bool(false),
    FRAGMENTS: arg.bool(),
  },

  state: {
    flows: flowTable(),
    held: packets({ capacity: AGGREGATE_FRAGMENTS_MAX }),
    pairs: table({
      version: 1,
      scope: 'flow',
      key: PAIR,
      row: WAITING,
      capacity: AGGREGATE_FRAGMENTS_MAX,
    }),
    numbers: numbering(),
  },

  local: 'who listens and the file of this run, which are found anew',

  open(self): Flows & { readonly file: Trace | null; readonly fragments: boolean } {
    const file = self.config.TRACEINFO === '' ? null : openTrace(self.config.TRACEINFO)
    const { SOURCE } = self.config
    const asked = file !== null && SOURCE !== ''
    return {
      file,
      fragments: self.config.FRAGMENTS ?? self.inputKinds[0] === 'push',
      aggregateListeners: [],
      warned: false,
      key: { low: 0, high: 0, ports: 0, proto: 0, flipped: 0 },
      trace: file === null ? null : file.write,
      filepos: asked ? (me) => Number(read(me, `${SOURCE}.packet_filepos`)) || 0 : null,
    }
  },

  initialize(self, errors) {
    if (self.config.FRAGMENTS === true && self.inputKinds[0] === 'pull')
      errors.error("'FRAGMENTS true' is incompatible with pull; run this element in a push context")
    const { SOURCE } = self.config
    self.resource.file?.begin(SOURCE === '' ? '' : read(self, `${SOURCE}.filename`))
  },

  close(self) {
    if (self.resource.file !== null) closeTrace(self.resource.file, self.state.flows)
  },

  route(self, p) {
    const result = handle(self, p)
    const { numbers } = self.state
    if (numbers.active_sec >= numbers.reap_sec) {
      if (numbers.reap_sec !== 0) reap(self, numbers.active_sec)
      numbers.reap_sec = numbers.active_sec + self.config.REAP
    }
    return result
  },

  handlers: { clear: { write: (self) => reap(self, ALL) } },
})

interface Me extends FragmentsSelf {
  readonly name: string
  readonly config: FragmentsSelf['config'] & { readonly ICMP: boolean }
  readonly resource: FragmentsSelf['resource'] & { readonly fragments: boolean }
}

function read(self: Pick<Me, 'router' | 'name'>, path: string): string {
  if (!self.router.findHandler(path, self.name).read) return ''
  return self.router.readHandler(path, '', self.name).trim()
}

function reap(self: Me, nowSec: number): void {
  letAllGo(self, nowSec - self.config.FRAGMENT_TIMEOUT)
  const { pairs } = self.state
  endOld(self, nowSec, (low, high, proto) => pairs.peek(low, high, proto) !== null)
}

/** What becomes of a packet: an output, or it waits. */
function handle(self: Me, p: Packet): number {
  needTime(self, p)
  if (p.net < 0 || p.end - p.net < 20) return 1
  let ip = p.net
  let paint = 0
  if (self.config.ICMP && p.mem[ip + 9] === ICMP && !isLater(p.mem, ip)) {
    ip = quoted(p)
    if (ip < 0) return 1
    paint = 2
  }
  const { mem } = p
  const proto = mem[ip + 9]!
  if (proto !== TCP && proto !== UDP) return 1
  const { key, fragments } = self.resource
  const ports = isLater(mem, ip) ? -1 : ip + (mem[ip]! & 15) * 4
  if (ports + 4 > p.end) return 1
  keyOf(key, mem, ip, ports)
  if (key.low === 0 && key.high === 0) return 1
  const flags = paint === 0 ? tcpFlags(p) : 0
  const row = ports < 0 ? null : findFlow(self, p, flags)
  if (ports >= 0 && row === null) return 1 // no room for another flow
  setAggregate(p, row === null ? 0 : row.aggregate | 0)
  p.paint = paint | (key.flipped ^ (row === null ? 0 : row.reverse))
  const isPart = paint === 0 ? isFragment(p) : isPartAt(mem, ip)
  if (fragments && paint === 0 && (isPart || waits(self, key))) return hold(self, p) ? KEPT : 1
  if (row === null) return 1
  self.state.numbers.active_sec = secondsOf(p.timeUs)
  account(row, p, flags)
  return 0
}

function isLater(mem: Uint8Array, ip: number): boolean {
  return (mem[ip + 6]! & 0x1f) !== 0 || mem[ip + 7] !== 0
}

function isPartAt(mem: Uint8Array, ip: number): boolean {
  return isLater(mem, ip) || (mem[ip + 6]! & 0x20) !== 0
}

/** Where the IP header is that an ICMP error quotes; -1: it is none, or is cut short. */
function quoted({ mem, net, end }: Packet): number {
  const icmp = net + (mem[net]! & 15) * 4
  const ip = icmp + 8
  if (ip + 20 > end || !ICMP_ERRORS.includes(mem[icmp]!)) return DROP
  const length = (mem[ip]! & 15) * 4
  return length >= 20 && ip + length <= end ? ip : DROP
}
