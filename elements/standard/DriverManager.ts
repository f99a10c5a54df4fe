/*
=c

DriverManager(INSTRUCTIONS...)

=s control

manages when the driver stops

=d

A Script of TYPE DRIVER. When an element asks the driver to stop, the script goes on
past its C<pause> (C<wait_stop>); the driver stops when it has come to its end, or to
C<stop>. Without instructions it is C<DriverManager(wait_stop)>: it stops when first
asked. A router has at most one driver script.

Script tells the instructions. Its handlers are those of Script.

=e

  DriverManager(wait_stop, wait_time 0.1s, print c.count);

=a Script
*/

import { scriptElement } from '../lib/script-element.ts'

export default scriptElement('DriverManager', 'DRIVER')
