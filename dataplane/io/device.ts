// What a driver is: a way to get packets in and out of a replica's ports. One driver serves all
// ports of a replica, so that a packet can go from one port to another without a copy.
// Implementations: xdp.ts (AF_XDP), packet.ts (AF_PACKET), udp.ts (loopback datagrams).
// test/compliance/driver.ts is one suite that each of them passes.

import type { Packet, Pool } from '../packet.ts'

export type DriverName = 'xdp' | 'packet' | 'udp'

/** Counters of a port; they only go up. */
export interface PortCounters {
  rxPackets: number
  rxBytes: number
  txPackets: number
  txBytes: number
  /** Dropped by the kernel or the driver before we saw them: ring full, no free frame. */
  rxDropped: number
  /** Not sent: ring full, interface down or gone. */
  txDropped: number
}

export interface Port {
  readonly name: string
  /** The interface (or address) behind it, for messages. */
  readonly where: string
  readonly counters: Readonly<PortCounters>
  /** Puts up to `max` received packets into `out` from index 0 and returns how many. Each is the caller's. */
  receive(out: Packet[], max: number): number
  /** Takes the packet over, always: sent, or freed and counted in txDropped. False when it was dropped. */
  send(p: Packet): boolean
  /** Makes the kernel send what `send` has queued, and takes finished frames back into the pool. */
  flush(): void
  /** Classic BPF, four words an instruction: only frames that it accepts come in. Not given: cannot. */
  filter?(program: Uint32Array): void
  /** Whether frames that the host itself sends by the interface come in too. Not given: cannot. */
  takeOutgoing?(on: boolean): void
  /** A fault that ends the port (interface gone), or null. Set once; receive then returns 0. */
  readonly fault: Error | null
}

export interface Driver {
  readonly name: DriverName
  readonly pool: Pool
  readonly ports: readonly Port[]
  /**
   * True: `wait` blocks the thread (poll(2)) until a packet is there, the time is over, or `wake` is
   * called. False: the driver gets packets from the event loop and calls `onReadable`.
   */
  readonly blocking: boolean
  wait(timeoutMs: number): void
  onReadable: (() => void) | null
  /** File descriptor (eventfd) that another thread writes to end `wait`; -1: none needed. */
  readonly wakeFd: number
  close(): void
}

/** How to open one port; which fields matter depends on the driver. */
export interface PortSpec {
  readonly name: string
  /** xdp, packet: interface name. */
  readonly interface?: string
  /** udp: where this port listens, and where it sends to (both 127.0.0.1). */
  readonly listen?: number
  readonly peer?: number
}

/** Everything that a replica needs to open its ports: what the agent tells it. */
export interface DriverSpec {
  readonly driver: DriverName
  /** Path of the network namespace to open sockets in; null: the process's own. */
  readonly netns: string | null
  readonly ports: readonly PortSpec[]
  /** xdp: queue of the interface; frames of the pool. */
  readonly frames: number
}
