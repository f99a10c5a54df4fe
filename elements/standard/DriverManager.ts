/*
=c

DriverManager(INSTRUCTIONS...)

=s control

manages when the driver stops

=d

A Script of TYPE DRIVER. When an element asks the driver to stop, the script goes on
past its C<pause> (C<wait_stop>); the driver stops when it has come to its end, or to
C<stop>. Without instructions it is C<DriverManager(wait_stop)>: it stops when first
asked. See Script for the instructions and their handlers. A router has at most one.

=e

  DriverManager(wait_stop, wait_time 0.1s, print c.count);

=h step write-only

Takes the script past the blocking instruction (C<pause>, C<wait>) that it is at. A
number takes it past that many.

=h goto write-only

Goes to a label.

=h run read/write

Runs the script from its start. What it C<return>s is the value.

=h set write-only

Sets a variable of the script: VAR TEXT.

=h * read/write

Exported variables by their names; every name of a PROXY script.

=h add "read with parameters"

Returns the sum of a list of numbers.

=h sub "read with parameters"

Subtracts the later numbers from the first.

=h min "read with parameters"

Returns the smallest of a list of numbers.

=h max "read with parameters"

Returns the largest of a list of numbers.

=h mul "read with parameters"

Returns the product of a list of numbers.

=h div "read with parameters"

Divides the first number by the later ones.

=h idiv "read with parameters"

Like C<div>, cut to an integer.

=h mod "read with parameters"

Returns the integer remainder of two numbers.

=h rem "read with parameters"

Returns the remainder of two numbers.

=h neg "read with parameters"

Returns the negative of a number.

=h abs "read with parameters"

Returns the absolute value of a number.

=h eq "read with parameters"

Returns whether two words are equal, as numbers where both are.

=h ne "read with parameters"

Returns whether two words differ.

=h gt "read with parameters"

Returns whether the first is greater.

=h ge "read with parameters"

Returns whether the first is greater or equal.

=h lt "read with parameters"

Returns whether the first is less.

=h le "read with parameters"

Returns whether the first is less or equal.

=h not "read with parameters"

Returns the negation of a Boolean.

=h and "read with parameters"

Returns whether all Booleans are true.

=h or "read with parameters"

Returns whether one Boolean is true.

=h nand "read with parameters"

Returns the negation of C<and>.

=h nor "read with parameters"

Returns the negation of C<or>.

=h if "read with parameters"

Returns the second word where the first is true, else the third.

=h in "read with parameters"

Returns whether the first word is among the others.

=h first "read with parameters"

Returns the first word.

=h sprintf "read with parameters"

Formats words: %d %i %u %o %x %X %s %%.

=h random "read with parameters"

Returns a random integer: from 0, below N, or from N1 to N2.

=h now "read with parameters"

Returns the current time in seconds since 1970.

=h readable "read with parameters"

Returns whether all words are read handlers.

=h writable "read with parameters"

Returns whether all words are write handlers.

=h length "read with parameters"

Returns the number of characters of the text.

=h unquote "read with parameters"

Returns the text without a layer of quotes.

=h htons "read with parameters"

Swaps the bytes of a 16-bit number.

=h ntohs "read with parameters"

Swaps the bytes of a 16-bit number.

=h htonl "read with parameters"

Swaps the bytes of a 32-bit number.

=h ntohl "read with parameters"

Swaps the bytes of a 32-bit number.

=h cat "read with parameters"

Returns the content of a file; not for clients from outside.

=h catq "read with parameters"

Returns the quoted content of a file; not for clients from outside.

=h kill "read with parameters"

Sends a signal: SIGNAL PID...; not for clients from outside.

=h get "read with parameters"

Returns a variable of the script.

=h shift "read with parameters"

Takes the first word off a variable and returns it.

=a Script
*/

import { scriptElement } from '../lib/script-element.ts'

export default scriptElement('DriverManager', 'DRIVER')
