/*
=c

ClickyInfo(STYLE, ...)

=s information

keeps information for the Clicky GUI

=d

Takes any arguments and does nothing: the GUI reads them from the configuration.


=a AlignmentInfo
*/

import { element } from '../../dataplane/element.ts'

export default element({ name: 'ClickyInfo', ports: '0/0', config: 'raw' })
