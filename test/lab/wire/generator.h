/* What the generator's program and its helper share. */
#ifndef CLICKUP_WIRE_GENERATOR_H
#define CLICKUP_WIRE_GENERATOR_H

#include "frame.h"

/* Set before loading. Addresses and ports in host order; a MAC address is its first four bytes,
 * then two. A flow's low bits are its source port, the next its source address, the rest its
 * destination port. */
struct generator_config {
  __u32 ifindex, flows, length;
  __u32 checksum; /* 1: UDP checksums are right; 0: there are none */
  __u32 port_bits, address_bits;
  __u32 saddr, daddr, sport, dport;
  __u32 dst_high, dst_low, src_high, src_low;
  __u32 sample;      /* a frame is measured when its number has none of these bits */
  __u32 payload_sum; /* of the payload behind the mark, as 16-bit words */
};

/* Read and set at any time. */
struct generator_control {
  __u64 sent;
  __u32 random_order, next_flow;
  __u32 state; /* of the random numbers; not 0 */
};

#endif
