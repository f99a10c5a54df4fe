/*
=c

KernelHandlerProxy([I<keywords>])

=s control

gives access to the handlers of Click in the kernel

=d

Its handler C<E.H> is the handler H of the element E of a configuration that Click's kernel
module runs; its handler C<H> is a global one. They are files in F</click> or
F</proc/click>; a handler that is not there is told when it is called.

=over 8

=item VERBOSE

Boolean. If true, prints a message where a read handler fails. Default is false.

=back

=e

  proxy :: KernelHandlerProxy;
  ControlSocket(TCP, 8800, PROXY proxy);

=h * read/write

The kernel's handlers.

=a ControlSocket
*/

import { readFileSync, writeFileSync } from 'node:fs'
import { arg, element } from '../../dataplane/element.ts'
import { complaint, kernelFile } from '../lib/kernel-handler.ts'

export default element({
  name: 'KernelHandlerProxy',
  ports: '0/0',
  config: { VERBOSE: arg.bool(false) },

  handlers: {
    '*': {
      has: () => true,
      read(self, _arg, name) {
        try {
          return readFileSync(kernelFile(name), 'latin1')
        } catch (error) {
          const text = complaint(name, error)
          if (self.config.VERBOSE) self.router.print(`${self.name} :: ${self.className}: ${text}`)
          throw new Error(text)
        }
      },
      write(_self, value, name) {
        try {
          writeFileSync(kernelFile(name), value, { encoding: 'latin1', flag: 'r+' })
        } catch (error) {
          throw new Error(complaint(name, error))
        }
      },
    },
  },
})
