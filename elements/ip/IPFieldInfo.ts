/*
=c

IPFieldInfo()

=s ip

stores name information about IP packet fields

=d

Stands for the names of header fields that IP patterns know ('ip ttl', 'tcp win'). They are always
known, so configurations need not have this element.

=a IPNameInfo, IPClassifier, IPFilter
*/

import { element } from '../../dataplane/element.ts'

export default element({ name: 'IPFieldInfo', ports: '0/0', config: {} })
