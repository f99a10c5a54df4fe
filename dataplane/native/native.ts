// Types of the native addon, and its loader. The addon is mechanism only: one function is one system
// call or a few; every decision is made by its callers. Its files: sys.c, packet.c, socket.c,
// tun.c, xsk.c, xsk-ready.c, bpf.c.
//
// Errors that it throws have `syscall`, `errno`, `code` ('EPERM') and `where`; systemError turns
// them into a ClickUpError with a hint. The addon keeps nothing outside of what it returns, but for
// what xskPrepare makes, so several threads may load it.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { ClickUpError } from '../../lib/errors.ts'
import { HOME } from '../../lib/paths.ts'

/** sys.c: always there. */
export interface SysNative {
  readonly features: {
    /** Built with libbpf: the functions of xsk.c and bpf.c are there. */ readonly bpf: boolean
  }
  eventfdOpen(): number
  /** Adds 1: ends a `poll` of another thread. */
  eventfdWrite(fd: number): void
  eventfdDrain(fd: number): void
  closeFd(fd: number): void
  /**
   * poll(2), blocking the thread. `pollfds` is an array of struct pollfd: two words each, the
   * descriptor and events | revents << 16. Returns how many are ready (0 also when interrupted).
   * @param timeoutMs may be a fraction; below 0: no limit
   */
  poll(pollfds: Int32Array, count: number, timeoutMs: number): number
  /** Calls `fn` with this thread in the network namespace at `path`, and comes back. */
  inNetns<T>(path: string, fn: () => T): T
  /** MAC is 6 bytes, zero for an interface without one; `queues` those to receive. Throws ENODEV. */
  interfaceInfo(name: string): InterfaceInfo
}

export interface InterfaceInfo {
  readonly index: number
  readonly mtu: number
  readonly up: boolean
  readonly queues: number
  readonly mac: Uint8Array
}

export const POLLIN = 1
export const POLLOUT = 4
export const POLLERR = 8

/** Beside the packet type of a received frame: its TCP or UDP checksum is not finished. */
export const CHECKSUM_LEFT = 0x100

/** packet.c: AF_PACKET sockets. Frames are described by 3 words each in an Int32Array. */
export interface PacketNative {
  /** A socket bound to the interface, promiscuous, blind to what the host itself sends. */
  packetOpen(name: string, receiveBytes: number, sendBytes: number): number
  /**
   * Receives up to `count` frames into `mem`. In: slot[3i] the offset to write to, slot[3i+1] the room
   * there. Out: offset (4 lower where a VLAN tag was put back), length (more than the room where the
   * frame was cut), packet type (with CHECKSUM_LEFT, where that is left to the card). Returns how many
   * came, or -errno.
   */
  packetReceive(fd: number, mem: Uint8Array, slots: Int32Array, count: number): number
  /** Sends frames slot[3i], slot[3i+1] of `mem` from `first` on. Returns how many went, or -errno. */
  packetSend(fd: number, mem: Uint8Array, slots: Int32Array, first: number, count: number): number
  /** Frames dropped by the kernel since the last call. */
  packetDropped(fd: number): number
  /** True once the interface is gone for good. */
  packetGone(fd: number): boolean
  /** Throws where AF_PACKET sockets are refused. */
  packetProbe(): void
}

/**
 * socket.c: sockets that never block, and reads and writes of other descriptors. An address is 4
 * bytes of length in the machine's order, then the sockaddr (elements/lib/socket-address.ts).
 * What returns a number returns -errno where it fails; the others throw.
 */
export interface SocketNative {
  socketOpen(family: number, type: number, protocol: number): number
  /** `what` is the call's name in the error. */
  socketOption(fd: number, level: number, option: number, value: Uint8Array, what: string): void
  socketBind(fd: number, address: Uint8Array): void
  socketListen(fd: number, backlog: number): void
  /** Waits for the connection, so long at most. */
  socketConnect(fd: number, address: Uint8Array, timeoutMs: number): void
  socketAccept(fd: number, from: Uint8Array): number
  socketName(fd: number, address: Uint8Array): void
  /** A datagram that was cut has more bytes than the room. */
  socketReceive(
    fd: number,
    mem: Uint8Array,
    off: number,
    room: number,
    from: Uint8Array | null,
  ): number
  socketSend(
    fd: number,
    mem: Uint8Array,
    off: number,
    length: number,
    to: Uint8Array | null,
  ): number
  /** Classic BPF: four words an instruction. */
  socketFilter(fd: number, program: Uint32Array): void
  fdRead(fd: number, mem: Uint8Array, off: number, room: number): number
  fdWrite(fd: number, mem: Uint8Array, off: number, length: number): number
}

/** tun.c: TUN/TAP devices. */
export interface TunNative {
  /** @param tap 1: Ethernet frames; 0: IP packets */
  tunOpen(name: string, tap: number): { readonly fd: number; readonly name: string }
  /** Sets what is not 0 (empty), and brings the interface up. Addresses are int32. */
  interfaceSet(name: string, address: number, mask: number, mtu: number, mac: Uint8Array): void
  interfaceDown(name: string): void
  routeDefault(gateway: number): void
}

/** Where a ring's words are in its memory: indices of 32-bit words. */
export interface XskRing {
  /** The mapped ring; detached by xskClose. */
  readonly memory: ArrayBuffer
  readonly producer: number
  readonly consumer: number
  readonly flags: number
  /** First descriptor. Rx and tx: 4 words each (address, 0, length, options); fill, completion: 2. */
  readonly desc: number
}

export interface Xsk {
  /** For xskClose. */
  readonly handle: object
  readonly fd: number
  readonly zeroCopy: boolean
  readonly rx: XskRing
  readonly tx: XskRing
  readonly fill: XskRing
  readonly completion: XskRing
}

/** xsk.c: AF_XDP. There only with features.bpf. */
export interface XskNative {
  /** Memory for frames, to be shared by sockets; `umemClose` after the last of them is closed. */
  umemOpen(bytes: number): { readonly handle: object; readonly memory: ArrayBuffer }
  umemClose(handle: object): void
  /**
   * A bound socket. `share` -1: registers the memory; else the descriptor of the first socket on the
   * same memory. Sizes are powers of two. Throws EBUSY while a closed socket still holds the queue.
   */
  xskOpen(
    umem: object,
    share: number,
    name: string,
    queue: number,
    ringSize: number,
    chunkSize: number,
    zeroCopy: boolean,
  ): Xsk
  xskClose(handle: object): void
  /** sendto without data: makes the kernel work on the tx ring. Returns 0 or errno. */
  xskKick(fd: number): number
  /** 0, or the errno that says why the socket does not work (ENXIO: its interface is gone). */
  xskCheck(fd: number): number
  /** Fills out[0..5]: rx_dropped, rx_invalid, tx_invalid, rx_ring_full, fill_empty, tx_empty. */
  xskStatistics(fd: number, out: Float64Array): void
  /** Loads the object file, attaches its program to the interface; every queue is passed on at first. */
  redirectOpen(object: string, name: string): { readonly handle: object; readonly mapFd: number }
  /** From now on packets of `queue` go to the socket. */
  redirectSet(handle: object, queue: number, fd: number): void
  redirectClose(handle: object): void
  /**
   * Makes memory and so many loads of the program of the object file ready, in a thread of its own, for
   * the first umemOpen of as many bytes and as many redirectOpen. Once a process; then does nothing.
   */
  xskPrepare(bytes: number, object: string, programs: number): void
  /** Throws where the program or AF_XDP sockets are refused. Touches no interface. */
  xdpProbe(object: string): void
}

/** bpf.c: libbpf's objects and maps, XDP programs on interfaces. There only with features.bpf. */
export interface BpfNative {
  /**
   * Opens an object file and loads it. `constants` are 32-bit variables of its .rodata; `entries` and
   * `innerEntries` sizes of maps (the latter of the map inside of a map of maps); `reuse` gives
   * descriptors of maps that exist already. The verifier's words are in the error's message.
   */
  bpfLoad(
    path: string,
    constants: Readonly<Record<string, number>>,
    entries: Readonly<Record<string, number>>,
    innerEntries: Readonly<Record<string, number>>,
    reuse: Readonly<Record<string, number>>,
  ): object
  /** Closes the object and its descriptors. What is attached stays attached. */
  bpfClose(object: object): void
  bpfMapFd(object: object, name: string): number
  bpfProgramFd(object: object, name: string): number
  /** The descriptor is the caller's. */
  bpfProgramById(id: number): { readonly fd: number; readonly name: string }
  bpfPossibleCpus(): number
  /** An ARRAY map with 4-byte keys. The descriptor is the caller's. */
  bpfArrayCreate(name: string, valueBytes: number, entries: number): number
  /** All entries of an array map. Per CPU: 8 bytes (or a multiple) for each possible CPU. */
  bpfArrayRead(fd: number, values: NodeJS.TypedArray): void
  bpfArrayWrite(fd: number, values: NodeJS.TypedArray): void
  bpfMapUpdate(fd: number, key: NodeJS.TypedArray, value: NodeJS.TypedArray, where: string): void
  /** False: no such key. */
  bpfMapLookup(fd: number, key: NodeJS.TypedArray, value: NodeJS.TypedArray): boolean
  bpfMapDelete(fd: number, key: NodeJS.TypedArray): boolean
  /** Runs an XDP program on a frame. `ifindex` 0: as if it came in by the loopback interface. */
  bpfTestRun(
    program: number,
    frame: Uint8Array,
    out: Uint8Array,
    ifindex: number,
  ): { readonly verdict: number; readonly length: number; readonly durationNs: number }
  /**
   * Attaches a program (-1: detaches). `expected` -1: throws EBUSY where any is attached; otherwise
   * it must be the program that is attached now.
   */
  xdpAttach(
    ifindex: number,
    program: number,
    expected: number,
    generic: boolean,
    where: string,
  ): void
  xdpQuery(
    ifindex: number,
    where: string,
  ): { readonly id: number; readonly generic: boolean } | null
  /** A socket for frameSend. Keep it: closing one takes milliseconds. */
  frameSocket(): number
  /** Sends one frame out of an interface. Returns 0 or errno (ENOBUFS: the queue is full). */
  frameSend(fd: number, ifindex: number, frame: Uint8Array): number
}

export interface Native
  extends SysNative,
    PacketNative,
    SocketNative,
    TunNative,
    XskNative,
    BpfNative {}

/** Files that the native build makes: build/native, seen from the source and the compiled place. */
export function nativeFile(name: string): string {
  const places = ['native/', 'build/native/']
  const files = places.map((place) => fileURLToPath(new URL(place + name, HOME)))
  return files.find((file) => existsSync(file)) ?? files[0]!
}

let loaded: Native | null = null

/** The addon. Throws ClickUpError DRIVER where it was not built or does not load. */
export function native(): Native {
  if (loaded !== null) return loaded
  const file = nativeFile('clickup.node')
  try {
    loaded = createRequire(HOME)(file) as Native
    return loaded
  } catch (error) {
    throw new ClickUpError(
      'DRIVER',
      `the native addon does not load: ${(error as Error).message}`,
      "run 'make native'; it needs a C compiler",
    )
  }
}

/** Properties of what the addon throws. */
export interface NativeError extends Error {
  readonly code: string
  readonly syscall: string
  readonly errno: number
  readonly where: string
}

export function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && 'syscall' in error && 'where' in error
}

const HINTS: Readonly<Record<string, string>> = {
  EPERM: 'run as root, or with CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF',
  EACCES: 'run as root, or with CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF',
  EBUSY: 'another program holds the queue; stop it, or choose another interface',
  ENOMEM: "raise the limit of locked memory ('ulimit -l'), or use fewer frames",
  ENOBUFS: "raise the limit of locked memory ('ulimit -l'), or use fewer frames",
  EMFILE: "raise the limit of open files ('ulimit -n')",
}

/** The addon's error as one that may leave the system; any other error as it is. */
export function systemError(error: unknown): unknown {
  if (!isNativeError(error)) return error
  if (error.code === 'ENODEV')
    return new ClickUpError(
      'INTERFACE',
      `no interface '${error.where}' (${error.syscall}: ${error.message})`,
      "see 'ip link' in the same network namespace",
    )
  return new ClickUpError('SYSCALL', error.message, HINTS[error.code] ?? '')
}
