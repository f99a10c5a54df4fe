// The dialogue with a switch daemon of User Mode Linux (uml_switch, vde): over its control socket it
// is told the address of our datagram socket, and answers with the address of its own. The control
// connection stays open as long as the port is wanted.

import { POLLIN } from '../../dataplane/fd-watch.ts'
import { native } from '../../dataplane/native/native.ts'
import { SOCKET_WAIT_MS } from '../../lib/limits.ts'
import { AF_UNIX, SOCK_STREAM, unixAddress } from './socket-address.ts'
import { SocketTransport } from './socket-transport.ts'
import type { Transport } from './transport.ts'

/** struct request_v3: magic, version, type, sockaddr_un, and two bytes that make it a multiple of 4. */
const MAGIC = 0xfeedface
const VERSION = 3
const NEW_CONTROL = 0
const SOCKADDR_UN = 110
const REQUEST = 124
const SNAPLEN = 2048

export function openSwitchPort(path: string, label: string): Transport {
  const n = native()
  const control = n.socketOpen(AF_UNIX, SOCK_STREAM, 0)
  try {
    connect(control, path)
    const local = localAddress()
    register(control, local)
    const remote = answer(control)
    return new SwitchPort(control, remote, local, label)
  } catch (error) {
    n.closeFd(control)
    throw error
  }
}

function connect(control: number, path: string): void {
  try {
    native().socketConnect(control, unixAddress(path), SOCKET_WAIT_MS)
  } catch (error) {
    const why = (error as Error).message.replace(/^connect: /, '')
    throw new Error(`could not connect to control socket ${path}: ${why}`)
  }
}

/** A name in the abstract namespace that nobody else has; as long as a sockaddr_un, with zeros. */
function localAddress(): Uint8Array {
  // hidden-state: only makes the name unlike that of any other socket
  const name = `\0click-up-${process.pid}-${process.hrtime.bigint()}`
  return unixAddress(name.padEnd(SOCKADDR_UN - 2, '\0'))
}

function register(control: number, local: Uint8Array): void {
  const request = new Uint8Array(REQUEST)
  request.set(new Uint8Array(Uint32Array.of(MAGIC, VERSION, NEW_CONTROL).buffer))
  request.set(local.subarray(4, 4 + SOCKADDR_UN), 12)
  if (native().fdWrite(control, request, 0, request.length) !== request.length)
    throw new Error('control setup request failed')
}

/** The switch's data address, a whole sockaddr_un. */
function answer(control: number): Uint8Array {
  const n = native()
  const address = new Uint8Array(4 + SOCKADDR_UN)
  n.poll(Int32Array.of(control, POLLIN), 1, SOCKET_WAIT_MS)
  if (n.fdRead(control, address, 4, SOCKADDR_UN) !== SOCKADDR_UN)
    throw new Error('read of data socket failed')
  // A path ends at its zero; a name in the abstract namespace is all of what was sent.
  const path = Buffer.from(address.subarray(6)).toString('latin1')
  const end = path.startsWith('\0') ? path.length : path.indexOf('\0')
  return unixAddress(end < 0 ? path : path.slice(0, end))
}

class SwitchPort extends SocketTransport {
  readonly #control: number

  constructor(control: number, remote: Uint8Array, local: Uint8Array, label: string) {
    super(
      {
        label,
        inet: false,
        stream: false,
        client: true,
        protocol: 0,
        remote,
        local,
        toAnnotation: false,
        sendBuffer: -1,
        receiveBuffer: -1,
        noDelay: false,
        verbose: false,
        snaplen: SNAPLEN,
        allow: '',
        deny: '',
      },
      () => undefined,
    )
    this.#control = control
  }

  protected override shut(): void {
    super.shut()
    native().closeFd(this.#control)
  }
}
