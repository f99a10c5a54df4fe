/*
=c

IPNameInfo()

=s ip

stores name information about IP packets

=d

Stands for the names that IP patterns and arguments know: those of protocols, of TCP and UDP ports, of
ICMP types and codes. They are always known, so configurations need not have this element; names of
their own they define with PortInfo and AddressInfo.

=a IPClassifier, IPFilter, PortInfo, AddressInfo
*/

import { element } from '../../dataplane/element.ts'

export default element({ name: 'IPNameInfo', ports: '0/0', config: {} })
