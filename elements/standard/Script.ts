/*
=c

Script(INSTRUCTIONS...)

=s control

scripts a router: sets variables, calls handlers, waits, stops the driver

=d

Each argument is an instruction; they run in order. Text is subject to
substitution: C<$VAR> is a variable's text, C<$(HANDLER ARGS)> a read handler's
value, to any depth. Instructions whose names end in C<q> take a layer of quotes
off the result.

=over 8

=item C<set> VAR TEXT, C<setq>

Sets a variable.

=item C<init> VAR TEXT, C<initq>

Sets a variable once, when the router is initialised.

=item C<export> VAR [TEXT], C<exportq>

Like C<init>; a read handler VAR gives the variable's value.

=item C<print> [>FILE | >>FILE] [TEXT | HANDLER], C<printn>, C<printq>, C<printnq>

Prints a text, or the value of a handler where the argument starts with a letter,
C<_> or C<@>, to the standard output or a file. C<printn> adds no new line.

=item C<save> HANDLER FILE, C<append> HANDLER FILE

Writes, or appends, a handler's value to a file.

=item C<read> HANDLER [ARGS], C<readq>

Prints a read handler's name and value to the standard error.

=item C<write> HANDLER [ARGS], C<writeq>

Calls a write handler. C<$?> is its status: 0 is success.

=item C<pause> [COUNT], C<wait_step>, C<wait_stop>

Blocks until the C<step> handler was called COUNT times; the default is once.

=item C<wait> TIME, C<wait_time>, C<wait_for>

Blocks for a time, or until a step. C<wait> alone is C<pause>.

=item C<label> LABEL, C<goto> LABEL [CONDITION], C<loop>

Goes to a label, where the condition holds. Labels that are always there: C<begin>
and C<loop> (the start), C<end>, C<exit>, C<stop>, C<error>. A script that jumps
1000 times without blocking is given up.

=item C<end>, C<exit>

End the script. In a signal script C<end> installs it again and C<exit> does not; in
a packet script C<end> sends the packet to output 0 and C<exit> drops it.

=item C<stop>

Ends the script and asks the driver to stop.

=item C<return> [VALUE], C<returnq>

Ends the script. VALUE is the value of C<run>, or the packet's output.

=item C<error> [MESSAGE], C<errorq>

Ends the script with an error.

=item TYPE

Keyword. C<ACTIVE> runs at once (the default without ports). C<PASSIVE> runs by its
C<run> handler: C<$args>, C<$1>, C<$2>, C<$#> are its arguments. C<PACKET> runs for
each packet (the default with ports): C<$input> is the input, the value that it
returns the output. C<PROXY> runs for any handler: C<$0> is its name, C<$write>
says whether it is written. C<DRIVER> also decides when the driver stops, see
DriverManager. C<SIGNAL> SIGNO... runs when a signal arrives.

=back

A script's variables and position are not moved to another replica.

=e

  Script(set turns 3,
         label again,
         print $turns more,
         set turns $(sub $turns 1),
         goto again $(gt $turns 0),
         stop);

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

=a DriverManager, ControlSocket
*/

import { scriptElement } from '../lib/script-element.ts'

export default scriptElement('Script', 'by ports')
