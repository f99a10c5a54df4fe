/*
=c

ChatterSocket("TCP", PORT [, I<keywords>])
ChatterSocket("UNIX", FILENAME [, I<keywords>])

=s control

sends what the router prints to connected programs

=d

Listens on a TCP port or a unix socket. Programs that connect get a copy of every line
that the router's elements print on the error output. What they send is ignored. One
that is 500,000 bytes behind is disconnected. PORT may end in C<+>: then the next free
port is taken. A TCP socket listens on 127.0.0.1 only.

The first line is C<Click::ChatterSocket/1.0>. A configuration that takes over keeps the
connections of a ChatterSocket of the same name and address.

=over 8

=item TYPE

C<TCP> or C<UNIX>.

=item ADDRESS

The port or file name.

=item CHANNEL

Word. Lines of this channel are sent. Only the channel C<default> has lines.

=item QUIET_CHANNEL

Boolean. Accepted; has no effect.

=item GREETING

Boolean. If false, the first line is left out. Default is true.

=item RETRIES

Integer. If the address is in use, it is tried again that often, once a second; then
the router stops. Default is 0.

=item RETRY_WARNINGS

Boolean. If false, says nothing about a try that failed. Default is true.

=back

=e

  ChatterSocket(UNIX, /tmp/chatter);

=a ControlSocket
*/

import { arg, element } from '../../dataplane/element.ts'
import { ChatterSessions } from '../lib/chatter-session.ts'
import { ControlServer, type ServerAddress } from '../lib/control-server.ts'
import { parseServerAddress } from '../lib/server-address.ts'

interface Open {
  readonly server: ControlServer
  readonly sessions: ChatterSessions
}

export default element({
  name: 'ChatterSocket',
  ports: '0/0',

  config: {
    TYPE: arg.string().at().must(),
    ADDRESS: arg.string().at().must(),
    CHANNEL: arg.string('default'),
    QUIET_CHANNEL: arg.bool(true),
    GREETING: arg.bool(true),
    RETRIES: arg.int(0),
    RETRY_WARNINGS: arg.bool(true),
  },

  local: 'a listening socket and its connections are of this process',

  configure(config, context): { address: ServerAddress } {
    return { address: parseServerAddress(config.TYPE, config.ADDRESS, true, context) }
  },

  open(self, errors): Open {
    const { CHANNEL, GREETING, RETRIES, RETRY_WARNINGS } = self.config
    const sessions = new ChatterSessions(GREETING, CHANNEL === 'default')
    const settings = {
      label: `${self.name} :: ${self.className}`,
      address: self.plan.address,
      verbose: false,
      retries: RETRIES,
      retryWarnings: RETRY_WARNINGS,
      session: sessions.open.bind(sessions),
    }
    const server = ControlServer.open(settings, self.router, errors)
    sessions.listenTo(self.router)
    return { server, sessions }
  },

  close(self) {
    self.resource.sessions.close()
    self.resource.server.close()
  },

  carries(self, old) {
    return JSON.stringify(self.plan.address) === JSON.stringify(old.plan.address)
  },

  adopt(self, old) {
    const { server, sessions } = old.resource
    server.serve(self.router)
    sessions.listenTo(self.router)
    return old.resource
  },
})
