/*
=c

DevirtualizeInfo(...)

=s information

keeps information for click-devirtualize

=d

Takes any arguments and does nothing: click-devirtualize reads them from the configuration.


=a ClickyInfo
*/

import { element } from '../../dataplane/element.ts'

export default element({ name: 'DevirtualizeInfo', ports: '0/0', config: 'raw' })
