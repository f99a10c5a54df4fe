// Sends numbered frames out of an interface, from inside the kernel: several million a second on one
// core, or evenly paced. The other end of the veth pair must take XDP frames: it has a program of
// its own (the sink, the xdp driver, steering) or `ethtool -K … gro on`.
//
//   const generator = await startGenerator({ netns: lab.namespace('client').path, ifname: 'eth0',
//     flows: 1_000_000, pps: 100_000, size: 64, seconds: 20, dst: '02:00:00:77:01:01' })
//   … await generator.setOrder('random')
//   const { sent } = await generator.stop()
//
// Flows come from 10.77.1.64 to .127, 512 ports each, to 10.77.2.2, port 2000 and up, unless told otherwise.
// So that the stack beside the generator answers ARP requests for them:
//
//   await lab.exec('client', 'ip', ['route', 'add', 'local', '10.77.1.64/26', 'dev', 'lo'])
//
// Bounded: `seconds` (60 where left out) or `count`, and by the life of this process.

import { Helper } from './helper.ts'

export interface GeneratorOptions {
  /** Path of the namespace; left out: the process's own. */
  readonly netns?: string
  readonly ifname: string
  /** 1 to 1,048,576; each has its own addresses and ports. */
  readonly flows?: number
  /** 0 (or left out): as fast as it goes. */
  readonly pps?: number
  /** Bytes of a frame without its checksum, 60 to 1,514. */
  readonly size?: number
  readonly count?: number
  readonly seconds?: number
  /** Flow after flow, or drawn at random. */
  readonly order?: 'sequential' | 'random'
  readonly seed?: number
  /** How often frames are sent when paced; 1,000 µs where left out. */
  readonly tickUs?: number
  /** Frames that are made at a time, 64 where left out, 256 at most. */
  readonly batch?: number
  /** Right UDP checksums; left out: none. */
  readonly checksum?: boolean
  /** Processor to stay on. What receives at the other end of the veth runs there too. */
  readonly cpu?: number
  /** Before other processes on that processor. */
  readonly first?: boolean
  /** MAC addresses. */
  readonly src?: string
  readonly dst?: string
  /** First source address and port, how many bits of the flow's number they take; destination. */
  readonly saddr?: string
  readonly addressBits?: number
  readonly sport?: number
  readonly portBits?: number
  readonly daddr?: string
  /** First destination port: the rest of the flow's number is added. */
  readonly dport?: number
  /** Measures the delay of frames whose number has none of these bits: 0 of all, 15 of each 16th. */
  readonly sample?: number
  /** Sends nothing until `setRate`. */
  readonly paused?: boolean
}

/** Counters since the start. */
export interface Sent {
  readonly sent: number
  readonly bytes: number
  /** Not sent, since this process came too late to keep the pace. */
  readonly forgone: number
  readonly calls: number
  readonly seconds: number
  /** Of the processor: making frames, and what the receiving end of the veth does with them. */
  readonly cpuSeconds: number
}

export interface Generator {
  readonly pid: number
  /** When the count or time is reached, or `stop` was called. */
  readonly finished: Promise<Sent>
  stats(): Promise<Sent>
  /** Frames a second from now on; 0: as fast as it goes. Ends a pause. */
  setRate(pps: number): Promise<Sent>
  setOrder(order: 'sequential' | 'random'): Promise<Sent>
  pause(): Promise<Sent>
  stop(): Promise<Sent>
}

export async function startGenerator(options: GeneratorOptions): Promise<Generator> {
  const { pps, size, seconds, tickUs, addressBits, portBits, checksum, paused, first, ...same } =
    options
  const helper = await Helper.start<Sent>('wire-generator', {
    ...same,
    rate: pps,
    length: size,
    ms: seconds === undefined ? undefined : Math.round(seconds * 1000),
    tick_us: tickUs,
    address_bits: addressBits,
    port_bits: portBits,
    checksum: checksum === true ? 1 : undefined,
    first: first === true ? 1 : undefined,
    paused: paused === true ? 1 : undefined,
  })
  return {
    pid: helper.pid,
    finished: helper.finished,
    stats: () => helper.ask('stats'),
    setRate: (rate) => helper.ask(`rate ${rate}`),
    setOrder: (order) => helper.ask(`order ${order}`),
    pause: () => helper.ask('pause'),
    stop: () => helper.stop(),
  }
}
