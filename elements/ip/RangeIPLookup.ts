/*
=c

RangeIPLookup(ADDR1/MASK1 [GW1] OUT1, ADDR2/MASK2 [GW2] OUT2, ...)

=s iproute

IP routing lookup in a compact table

=d

Looks up routes as RadixIPLookup does: its tables are as fast, and changes cost less than in a table
of ranges.

Takes packets with their destination address annotation set. The longest prefix that the address
matches says the output; where that route has a gateway, the annotation is set to it. A packet
without a route is dropped, and counted in C<no_route>; the first five are reported.

Each argument is a route: prefix, gateway if there is one (or '-'), output. An address without mask
stands for itself. Of two routes for one prefix the first counts.

Routes that handlers change are state of scope shared: a new replica, and a new version, applies the
changes to the routes that it is configured with.

=h table read-only

Returns the routes in force, one a line.

=h lookup read

Takes an IP address and returns output and gateway of its route; -1 where there is none.

=h add write-only

Adds a route: "ADDR/MASK [GW] OUT". Fails where there is one for that prefix.

=h set write-only

Sets a route, whether there is one for that prefix or not.

=h remove write-only

Removes a route: "ADDR/MASK [[GW] OUT]". What is given of gateway and output must fit.

=h ctrl write-only

Changes several routes: a line each, "add", "set" or "remove" and the route. All are done or none.

=h flush write-only

Removes all routes.

=h no_route read-only

Returns the number of packets dropped for want of a route.

=e

  rt :: RangeIPLookup(18.26.4.24/32 0, 18.26.4.0/24 1, 0.0.0.0/0 18.26.4.1 1);

=a RadixIPLookup, DirectIPLookup
*/

import { makeRouteTable } from '../lib/route-table.ts'

export default makeRouteTable('RangeIPLookup', {
  changing: true,
  flush: true,
  rule: 'keep',
  report: 'IPRouteTable: no route for',
})
