/*
=c

ControlSocket("TCP", PORT [, I<keywords>])
ControlSocket("UNIX", FILENAME [, I<keywords>])

=s control

opens control sockets for other programs

=d

Lets other programs call read and write handlers of the router, over TCP or a unix
socket, in Click's protocol C<Click::ControlSocket/1.3>: lines of text, answers with
codes as in FTP. PORT may end in C<+>: then the next free port is taken.

A TCP socket listens on 127.0.0.1 only, unless LOCALHOST is false: who can reach it
can change the router.

=over 8

=item TYPE

C<TCP> or C<UNIX>.

=item ADDRESS

The port or file name.

=item READONLY

Boolean. If true, refuses write handlers. Default is false.

=item LOCALHOST

Boolean. If false, a TCP socket listens on all addresses. Default is true.

=item VERBOSE

Boolean. If true, prints when connections come and go. Default is false.

=item PROXY

Accepted.

=item RETRIES

Integer. If the address is in use, it is tried again that often, once a second.
Default is 0.

=item RETRY_WARNINGS

Boolean. If false, says nothing about a try that failed. Default is true.

=back

When a configuration is replaced by C<hotconfig>, a ControlSocket of the same name and
address keeps its connections.

=h port read-only

Returns the TCP port.

=h filename read-only

Returns the unix socket's file name.

=e

  ControlSocket(TCP, 7777);

=a Script
*/

import { arg, element } from '../../dataplane/element.ts'
import { ControlServer, type ServerAddress } from '../lib/control-server.ts'

export default element({
  name: 'ControlSocket',
  ports: '0/0',

  config: {
    TYPE: arg.string().at().must(),
    ADDRESS: arg.string().at().must(),
    READONLY: arg.bool(false),
    PROXY: arg.text(''),
    VERBOSE: arg.bool(false),
    LOCALHOST: arg.bool(true),
    RETRIES: arg.int(0),
    RETRY_WARNINGS: arg.bool(true),
  },

  local: 'a listening socket and its connections are of this process',

  configure(config, context): { address: ServerAddress } {
    const address = parseAddress(config.TYPE, config.ADDRESS, config.LOCALHOST)
    if (typeof address !== 'string') return { address }
    context.error(address)
    return { address: { kind: 'UNIX', file: '' } }
  },

  open(self): ControlServer {
    const { READONLY, VERBOSE, RETRIES } = self.config
    const { address } = self.plan
    return ControlServer.open(address, READONLY, VERBOSE, RETRIES, self.router)
  },

  close(self) {
    self.resource.close()
  },

  carries(self, old) {
    return JSON.stringify(self.plan.address) === JSON.stringify(old.plan.address)
  },

  adopt(self, old) {
    old.resource.serve(self.router)
    return old.resource
  },

  handlers: {
    port: {
      read: (self) => (self.plan.address.kind === 'TCP' ? String(self.resource.port) : ''),
    },
    filename: {
      read: (self) => (self.plan.address.kind === 'UNIX' ? self.plan.address.file : ''),
    },
  },
})

function parseAddress(type: string, text: string, localhost: boolean): ServerAddress | string {
  if (type.toUpperCase() === 'UNIX') return { kind: 'UNIX', file: text }
  if (type.toUpperCase() !== 'TCP') return `unknown socket type '${type}': use 'TCP' or 'UNIX'`
  const m = /^(\d+)(\+?)$/.exec(text)
  const port = m === null ? 0 : Number(m[1])
  if (m === null || port === 0 || port > 65_535) return `'${text}' is not a TCP port`
  return { kind: 'TCP', port, orNext: m[2] === '+', host: localhost ? '127.0.0.1' : '0.0.0.0' }
}
