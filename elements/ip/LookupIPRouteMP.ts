/*
=c

LookupIPRouteMP(ADDR1/MASK1 [GW1] OUT1, ADDR2/MASK2 [GW2] OUT2, ...)

=s threads

simple static IP routing table

=d

StaticIPLookup by another name. The packet path has one thread, so nothing is cached for each.

Takes packets with their destination address annotation set. The longest prefix that the address
matches says the output; where that route has a gateway, the annotation is set to it. A packet
without a route is dropped, and counted in C<no_route>; the first five are reported.

Each argument is a route: prefix, gateway if there is one (or '-'), output. An address without mask
stands for itself. Of two routes for one prefix the first counts.

=h table read-only

Returns the routes in force, one a line.

=h lookup read

Takes an IP address and returns output and gateway of its route; -1 where there is none.

=h no_route read-only

Returns the number of packets dropped for want of a route.

=e

  rt :: LookupIPRouteMP(18.26.4.24/32 0, 18.26.4.0/24 1, 0.0.0.0/0 18.26.4.1 1);

=a StaticIPLookup, RadixIPLookup
*/

import { makeRouteTable } from '../lib/route-table.ts'

export default makeRouteTable('LookupIPRouteMP', {
  changing: false,
  flush: false,
  rule: 'keep',
  report: 'LookupIPRouteMP: no gw for',
})
