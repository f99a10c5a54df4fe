/*
=c

UMLSwitch([PATH])

=s comm

exchanges frames with the switch daemon of User Mode Linux

=d

Asks the switch daemon that listens on the unix socket PATH for a port. Frames that come
in by the input go to the switch; frames from the switch leave by the output.

=over 8

=item PATH

The daemon's control socket. Default is F</tmp/uml.ctl>.

=back

=e

  uml :: UMLSwitch(/tmp/uml.ctl) -> Print -> Discard;
  Idle -> uml;

=h count read-only

Returns the number of packets received.

=h drops read-only

Returns the number of packets that could not be sent.

=a Socket
*/

import { arg } from '../../dataplane/element.ts'
import { parseArgs } from '../../lib/click/args.ts'
import { unixFits } from '../lib/socket-address.ts'
import { DEFAULT_HEADROOM, type TransportPlan, transportElement } from '../lib/transport-element.ts'
import { openSwitchPort } from '../lib/uml-switch.ts'

interface Plan extends TransportPlan {
  readonly path: string
}

export default transportElement<Plan>({
  name: 'UMLSwitch',
  ports: '-/-',
  processing: 'l/h',

  configure(context) {
    const decl = { PATH: arg.filename('/tmp/uml.ctl').at() }
    const { PATH: path } = parseArgs(decl, context.args, context)
    if (!unixFits(path)) context.error('path to uml_switch control socket too long')
    return { headroom: DEFAULT_HEADROOM, timestamp: true, path }
  },

  open: (self) => openSwitchPort(self.plan.path, `${self.name} :: ${self.className}`),
})
