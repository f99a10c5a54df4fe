// Socket addresses as the native functions take them: 4 bytes of length in the machine's order, then
// the kernel's struct sockaddr_in or sockaddr_un.

import { endianness } from 'node:os'
import { SOCKET_PATH_MAX } from '../../lib/limits.ts'
import { ipText } from './text.ts'

export const AF_UNIX = 1
export const AF_INET = 2
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8

const LITTLE = endianness() === 'LE'
const HEAD = 4
const INET_LENGTH = 16
/** A family and sun_path. */
const ROOM = 2 + SOCKET_PATH_MAX + 1

export type SocketAddress = Uint8Array

export interface InetAddress {
  /** int32 */
  readonly ip: number
  readonly port: number
}

/** Room for any address: for those that the kernel fills in. */
export function emptyAddress(): SocketAddress {
  return new Uint8Array(HEAD + ROOM)
}

function start(family: number, length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = emptyAddress()
  const view = new DataView(bytes.buffer)
  view.setUint32(0, length, LITTLE)
  view.setUint16(HEAD, family, LITTLE)
  return { bytes, view }
}

export function inetAddress(ip: number, port: number): SocketAddress {
  const { bytes, view } = start(AF_INET, INET_LENGTH)
  view.setUint16(HEAD + 2, port)
  view.setInt32(HEAD + 4, ip)
  return bytes
}

/** Sets the IP address of one of `inetAddress`, in place. */
export function setInetIp(address: SocketAddress, ip: number): void {
  address[HEAD + 4] = ip >>> 24
  address[HEAD + 5] = ip >>> 16
  address[HEAD + 6] = ip >>> 8
  address[HEAD + 7] = ip
}

/** A path, or (with a zero byte in front) a name in the abstract namespace. */
export function unixAddress(path: string): SocketAddress {
  const abstract = path.startsWith('\0')
  const { bytes } = start(AF_UNIX, 2 + path.length + (abstract ? 0 : 1))
  for (let i = 0; i < path.length; i++) bytes[HEAD + 2 + i] = path.charCodeAt(i)
  return bytes
}

export function unixFits(path: string): boolean {
  return path.length <= SOCKET_PATH_MAX
}

export function inetOf(address: SocketAddress): InetAddress {
  const view = new DataView(address.buffer, address.byteOffset)
  return { ip: view.getInt32(HEAD + 4), port: view.getUint16(HEAD + 2) }
}

export function sameInet(a: SocketAddress, b: SocketAddress): boolean {
  for (let i = HEAD + 2; i < HEAD + 8; i++) if (a[i] !== b[i]) return false
  return true
}

/** `1.2.3.4:80`, or a path. */
export function addressText(address: SocketAddress): string {
  const view = new DataView(address.buffer, address.byteOffset)
  if (view.getUint16(HEAD, LITTLE) === AF_INET) {
    const { ip, port } = inetOf(address)
    return `${ipText(ip)}:${port}`
  }
  const length = view.getUint32(0, LITTLE)
  return Buffer.from(address.subarray(HEAD + 2, HEAD + Math.max(2, length)))
    .toString('latin1')
    .replace(/\0+$/, '')
}

/** An integer as setsockopt takes it. */
export function intOption(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, LITTLE)
  return bytes
}
