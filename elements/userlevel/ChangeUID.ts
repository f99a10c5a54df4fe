/*
=c

ChangeUID()

=s control

gives up the rights of another user

=d

Sets the process's effective user and group to its real ones, when the router is
initialized: what a program that is set-uid root opens before that keeps working. A
process that runs as its own user is left as it is.

=e

  FromDevice(eth0) -> Discard;
  ChangeUID();

=a FromDevice, ToDevice
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'ChangeUID',
  ports: '0/0',
  config: {},

  initialize(_self, errors) {
    const { getuid, getgid, setegid, seteuid } = process
    if (getuid === undefined || getgid === undefined) return
    try {
      if (process.getegid?.() !== getgid()) setegid?.(getgid())
      if (process.geteuid?.() !== getuid()) seteuid?.(getuid())
    } catch (error) {
      errors.error(`could not drop privilege: ${(error as Error).message}`)
    }
  },
})
