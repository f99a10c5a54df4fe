/*
=c

ARPTable(I<keywords>)

=s arp

stores IP-to-Ethernet mappings

=d

An information element, without ports: what is known of Ethernet addresses, and the packets that
wait for one. An ARPQuerier has such a table inside; several of them share one that is an element
of its own, by their keyword TABLE.

Entries are state of scope shared: a new replica starts with what the old one knew. Packets that
wait move with their buckets.

Keyword arguments are:

=over 8

=item CAPACITY

Unsigned integer. Packets held at most. Default is 2048; 0 is a quarter of the packet pool.

=item ENTRY_CAPACITY

Unsigned integer. Addresses kept at most; for a new one the oldest goes. Default is 0: as many as
fit, 65536.

=item ENTRY_PACKET_CAPACITY

Unsigned integer. Packets held for one address at most; further ones are dropped. Default is 0: up
to CAPACITY.

=item CAPACITY_SLIM_FACTOR

Unsigned integer. When CAPACITY is passed, one in so many of the packets held is dropped, those of
the oldest entries first. Default is 2.

=item TIMEOUT

Time after which an entry is no longer used. Default is 5 minutes; 0 is never.

=back

=h table read-only

Returns the entries, one a line, oldest first: IP address, 1 if it may be used and 0 if not,
Ethernet address, seconds since it was last updated.

=h drops read-only

Returns the number of packets dropped: held too long, or too many.

=h count read-only

Returns the number of entries.

=h length read-only

Returns the number of packets held.

=h insert write-only

Adds an entry: "IP ETH". Packets that wait for it are sent with the next one, or the next reply.

=h delete write-only

Says that an IP address is no longer known: "IP".

=h clear write-only

Deletes all entries and drops the packets that wait.

=e

  arpt :: ARPTable(TIMEOUT 60);
  arpq1 :: ARPQuerier(18.26.4.24, 00:00:C0:AE:67:EF, TABLE arpt);
  arpq2 :: ARPQuerier(18.26.7.24, 00:00:C0:AE:67:F0, TABLE arpt);

=a ARPQuerier
*/

import { element } from '../../dataplane/element.ts'
import { ArpStore, arpTableConfig, arpTablePlan, arpTableState, TICK_MS } from '../lib/arp-table.ts'
import { arpTableHandlers } from '../lib/arp-table-handlers.ts'

interface Me {
  readonly resource: { readonly store: ArpStore }
}

export default element({
  name: 'ARPTable',
  reconfigures: true,
  ports: '0/0',
  config: arpTableConfig,
  counters: { drops: 'packets that were held too long, or too many' },
  state: arpTableState,
  local: 'how the state is looked at; it holds nothing itself',

  configure: (config, context) => arpTablePlan(config, context),

  open: (self) => ({
    store: new ArpStore(self, () => {
      self.counters.drops++
    }),
  }),

  adopt: (self) => ({
    store: new ArpStore(self, () => {
      self.counters.drops++
    }),
  }),

  initialize(self) {
    self.timerAt(self.router.nowMs + TICK_MS)
  },

  timer(self) {
    self.resource.store.tick()
    self.timerAt(self.router.nowMs + TICK_MS)
  },

  handlers: arpTableHandlers<Me>((self) => self.resource.store),
})
