/*
=c

ControlSocket("TCP", PORT [, I<keywords>])
ControlSocket("UNIX", FILENAME [, I<keywords>])
ControlSocket("SOCKET", FD [, I<keywords>])

=s control

opens control sockets for other programs

=d

Lets other programs call read and write handlers of the router, over TCP or a unix
socket, in Click's protocol C<Click::ControlSocket/1.3>: lines of text, answers with
codes as in FTP. PORT may end in C<+>: then the next free port is taken. FD is an open
connection that the process was given.

A TCP socket listens on 127.0.0.1 only, unless LOCALHOST is false: who can reach it
can change the router.

=over 8

=item TYPE

C<TCP>, C<UNIX> or C<SOCKET>.

=item ADDRESS

The port, file name or descriptor.

=item READONLY

Boolean. If true, refuses write handlers. Default is false.

=item LOCALHOST

Boolean. If false, a TCP socket listens on all addresses. Default is true.

=item VERBOSE

Boolean. If true, prints when connections come and go. Default is false.

=item PROXY

Name of an element. Calls of a handler E.H call the handler named C<E.H> of this
element: a KernelHandlerProxy, or a Script of type PROXY.

=item RETRIES

Integer. If the address is in use, it is tried again that often, once a second; then
the router stops. Default is 0.

=item RETRY_WARNINGS

Boolean. If false, says nothing about a try that failed. Default is true.

=back

When a configuration is replaced by C<hotconfig>, a ControlSocket of the same name and
address keeps its connections.

=head1 COMMANDS

A HANDLER is C<element.handler>, C<number.handler> (elements are numbered from 1) or the
name of a global handler. Lines end in CR, LF or CRLF.

=over 8

=item C<READ> HANDLER [ARGS], C<GET>

Answers C<200>, then C<DATA n>, then the value's n bytes.

=item C<WRITE> HANDLER [VALUE], C<SET>

=item C<READDATA> HANDLER N, C<WRITEDATA> HANDLER N, C<SETDATA>

ARGS or VALUE are the N bytes behind the line.

=item C<READUNTIL> HANDLER [END], C<WRITEUNTIL> HANDLER [END]

ARGS or VALUE are the lines up to the line END, or to an empty one.

=item C<CHECKREAD> HANDLER, C<CHECKWRITE> HANDLER

Says whether the handler could be called.

=item C<LLRPC> ELEMENT#NUMBER [N]

Calls GET_SWITCH, SET_SWITCH, GET_COUNT or GET_RATE; N bytes of data follow the line.

=item C<HELP>, C<QUIT>

=back

Codes: 200 done; 500 syntax; 501 no such command; 510 no such element; 511 no such
handler; 520 a write handler's error; 521 data too big; 522 an LLRPC's error; 530 not
permitted; 590 a read handler's error.

=h port read-only

Returns the TCP port.

=h filename read-only

Returns the unix socket's file name.

=e

  ControlSocket(TCP, 7777);

=a Script
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseU16 } from '../../lib/click/args.ts'
import { ControlServer, type ServerAddress } from '../lib/control-server.ts'
import { ControlSession } from '../lib/control-session.ts'
import { parseServerAddress } from '../lib/server-address.ts'

interface Open {
  readonly server: ControlServer
  /** What its connections may do: a configuration that takes over says it anew. */
  readonly access: { readonly: boolean; proxy: string }
}

export default element({
  name: 'ControlSocket',
  ports: '0/0',

  config: {
    TYPE: arg.string().at().must(),
    ADDRESS: arg.string().at().must(),
    READONLY: arg.bool(false),
    PROXY: arg.element(''),
    VERBOSE: arg.bool(false),
    LOCALHOST: arg.bool(true),
    RETRIES: arg.int(0),
    RETRY_WARNINGS: arg.bool(true),
  },

  local: 'a listening socket and its connections are of this process',

  configure(config, context): { address: ServerAddress } {
    const { TYPE, ADDRESS, LOCALHOST } = config
    if (TYPE?.toUpperCase() === 'SOCKET') {
      const fd = parseU16(ADDRESS ?? '')
      if (fd === null) context.error('FD: invalid number')
      return { address: { kind: 'SOCKET', fd: fd ?? 0 } }
    }
    return { address: parseServerAddress(TYPE, ADDRESS, LOCALHOST, context) }
  },

  open(self, errors): Open {
    const { READONLY, VERBOSE, RETRIES, RETRY_WARNINGS, PROXY } = self.config
    const access = { readonly: READONLY, proxy: PROXY }
    const server = ControlServer.open(
      {
        label: `${self.name} :: ${self.className}`,
        address: self.plan.address,
        verbose: VERBOSE,
        retries: RETRIES,
        retryWarnings: RETRY_WARNINGS,
        session: (router, write) => new ControlSession(router, access, write),
      },
      self.router,
      errors,
    )
    return { server, access }
  },

  close(self) {
    self.resource.server.close()
  },

  carries(self, old) {
    return JSON.stringify(self.plan.address) === JSON.stringify(old.plan.address)
  },

  adopt(self, old) {
    const { server, access } = old.resource
    server.serve(self.router)
    access.readonly = self.config.READONLY
    access.proxy = self.config.PROXY
    return old.resource
  },

  handlers: {
    port: {
      has: (self) => self.plan.address.kind === 'TCP',
      read: (self) => String(self.resource.server.port),
    },
    filename: {
      has: (self) => self.plan.address.kind === 'UNIX',
      read: (self) => (self.plan.address.kind === 'UNIX' ? self.plan.address.file : ''),
    },
  },
})
