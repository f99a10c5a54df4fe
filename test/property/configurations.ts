// Configurations of the classes for which every-element.ts cannot make one from the declarations,
// or only one that does little: arguments, numbers of ports, what is in front. A text in place of
// one says why the class is not tested this way; what tests it instead belongs in the text.

export interface Registered {
  readonly args?: string
  readonly inputs?: number
  readonly outputs?: number
  /** Elements between FromDevice and the input; '': none. */
  readonly front?: string
  /** Elements between a pushed output and ToDevice. */
  readonly tail?: string
  /** Further statements. */
  readonly around?: readonly string[]
  /** Why a move between replicas changes what comes out; what says what is right instead. */
  readonly differs?: string
}

const SOCKET = 'opens sockets or devices of the machine; tested by its own tests'
const FILE = 'reads or writes a file; tested by its golden tests, also under --chaos-upgrade'

const ROUTES = '10.0.0.0/8 0, 0.0.0.0/0 1'
const RANGE = 'pattern 198.51.100.1 1024-65535 - - 0 0'

export const CONFIGURATIONS: Readonly<Record<string, Registered | string>> = {
  ARPQuerier: { args: '198.51.100.1, 02:00:00:00:00:0a', inputs: 2, front: 'Null' },
  AdaptiveRED: { args: '20, 0.02', tail: 'Queue(400) -> Trickle' },
  AdjustTimestamp: { args: '0.5' },
  AggregateIP: { args: 'ip src' },
  Align: { args: '4, 2' },
  BandwidthMeter: { args: '1kBps', outputs: 2 },
  ChatterSocket: SOCKET,
  CheckIPHeader: { outputs: 2 },
  Classifier: { args: '9/11, 9/06, -', outputs: 3 },
  ControlSocket: SOCKET,
  DriverManager: { args: 'pause', inputs: 0, outputs: 0 },
  DynamicUDPIPEncap: { args: '10.0.0.1, 1000, 192.0.2.1, 53' },
  Error: 'refuses every configuration',
  ErrorElement: 'refuses every configuration',
  FTPPortMapper: {
    args: 'rw, rw, 0',
    around: [`rw :: IPRewriter(${RANGE}); Idle -> rw -> Discard;`],
  },
  FastTCPFlows: { differs: 'flows are drawn by chance, and another replica draws its own' },
  FastUDPFlows: { differs: 'flows are drawn by chance, and another replica draws its own' },
  FromCapDump: FILE,
  FromDAGDump: FILE,
  FromDevice: 'stands in front of every other element here',
  FromDump: FILE,
  FromHost: SOCKET,
  FromIPSummaryDump: FILE,
  FromNLANRDump: FILE,
  FromNetFlowSummaryDump: FILE,
  FromRawSocket: SOCKET,
  FromSocket: SOCKET,
  FromTcpdump: FILE,
  GetEtherAddress: { args: '22, 0' },
  GetIPAddress: { args: '16' },
  HandlerTask: { args: 'c.reset', around: ['Idle -> c :: Counter -> Discard;'] },
  ICMPError: { args: '10.0.0.9, unreachable, host' },
  ICMPIPEncap: { args: '10.0.0.9, 192.0.2.1, echo' },
  ICMPPingRewriter: { args: 'pattern 198.51.100.1 - 0 0' },
  ICMPRewriter: {
    args: 'rw',
    around: [`rw :: IPRewriter(${RANGE}); Idle -> rw -> Discard;`],
  },
  IP6Encap: { args: 'udp, 2001:db8::1, 2001:db8::2' },
  IPAddrPairRewriter: { args: 'pattern 198.51.100.1 - 0 0' },
  IPAddrRewriter: { args: 'pattern 198.51.100.1 - 0 0' },
  IPClassifier: { args: 'udp, tcp syn, -', outputs: 3 },
  IPEncap: { args: '17, 10.0.0.9, 192.0.2.1' },
  IPFilter: { args: 'allow udp && src net 10.0.0.0/8, deny all' },
  IPRateMonitor: { args: 'PACKETS, 1, 3' },
  IPRewriter: { args: RANGE },
  KernelTap: SOCKET,
  KernelTun: SOCKET,
  LinearIPLookup: { args: ROUTES, outputs: 2 },
  RadixIPLookup: { args: ROUTES, outputs: 2 },
  DirectIPLookup: { args: ROUTES, outputs: 2 },
  StaticIPLookup: { args: ROUTES, outputs: 2 },
  SortedIPLookup: { args: ROUTES, outputs: 2 },
  RangeIPLookup: { args: ROUTES, outputs: 2 },
  LookupIPRouteMP: { args: '10.0.0.0/8 0, 0.0.0.0/0 0', outputs: 1 },
  McastSocket: SOCKET,
  MixedQueue: {
    inputs: 2,
    differs:
      'last in, first out: what is there when it is pulled depends on the turns in which that is',
  },
  Meter: { args: '3', outputs: 2 },
  ProgressBar: {
    args: 'POSHANDLER c.count, FIXED_SIZE 100, ACTIVE false',
    around: ['Idle -> c :: Counter -> Discard;'],
  },
  QueueYankTest: { args: 'q', around: ['Idle -> q :: Queue -> Discard;'] },
  PI: {
    args: 'W 0.1, A 0.02, B 0.01, TARGET 3',
    tail: 'Queue(400) -> Trickle',
    differs: 'drops by chance, and another replica has another generator',
  },
  RED: { args: '5, 50, 0.02', tail: 'Queue(400) -> Trickle' },
  RandomSample: { args: '0.5' },
  RawSocket: SOCKET,
  RoundRobinIPMapper: {
    args: '198.51.100.1 1024-2000 - - 0 0, 198.51.100.2 1024-2000 - - 0 0',
    around: [
      'FromDevice(in9) -> Strip(14) -> MarkIPHeader -> rw :: IPRewriter(x) -> ToDevice(out9);',
    ],
  },
  SetEtherAddress: { args: '02:00:00:00:00:09, 22' },
  SetIPDSCP: { args: '10' },
  SetIPECN: { args: 'ce' },
  SetPacketType: { args: 'MULTICAST' },
  SetRandIPAddress: { args: '10.0.0.0/8, 100' },
  Socket: SOCKET,
  SourceIPHashMapper: {
    args: '2 0xbadbeef, 198.51.100.1 1024-2000 - - 0 0 1, 198.51.100.2 1024-2000 - - 0 0 2',
    around: [
      'FromDevice(in9) -> Strip(14) -> MarkIPHeader -> rw :: IPRewriter(x) -> ToDevice(out9);',
    ],
  },
  SpinlockAcquire: { args: 'l', around: ['SpinlockInfo(l);'] },
  SpinlockPush: { args: 'l', around: ['SpinlockInfo(l);'] },
  SpinlockRelease: { args: 'l', around: ['SpinlockInfo(l);'] },
  StatefulFirewall: { inputs: 3, outputs: 4 },
  StaticPullSwitch: { args: '1', inputs: 2 },
  StoreEtherAddress: { args: '02:00:00:00:00:09, 0' },
  StoreIPAddress: { args: '10.0.0.9, 12' },
  StoreTimestamp: { args: 'OFFSET 20' },
  StrideSched: { args: '2, 1', inputs: 2 },
  StrideSwitch: { args: '2, 1', outputs: 2 },
  TCPFragmenter: { args: '100' },
  TCPRewriter: { args: RANGE },
  TimeSortedSched: { inputs: 2 },
  ToDevice: 'stands behind every other element here',
  ToDump: FILE,
  ToHost: SOCKET,
  ToIPSummaryDump: FILE,
  ToRawSocket: SOCKET,
  ToSocket: SOCKET,
  UDPIPEncap: { args: '10.0.0.1, 1000, 192.0.2.1, 53' },
  UDPRewriter: { args: RANGE },
  UMLSwitch: SOCKET,
}
