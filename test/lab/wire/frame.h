/* What a test frame carries, for the generator and the sink: Ethernet, IPv4, UDP, and a mark of 18
 * bytes, so that the shortest Ethernet frame (60 bytes without its checksum) has room for it. A
 * network function may change all headers; the mark says which flow and which packet it was. */
#ifndef CLICKUP_WIRE_FRAME_H
#define CLICKUP_WIRE_FRAME_H

#include <linux/types.h>

#define WIRE_MAGIC 0x0c1c
/* Flows at most: the sink keeps 16 bytes of each. */
#define WIRE_FLOWS_MAX (1u << 20)
/* In `flow`: the frame was sent back by the far end. */
#define WIRE_BACK 0x80000000u

struct wire_mark {
  __u16 magic;
  __u32 flow; /* number, and WIRE_BACK */
  __u32 seq;  /* of this flow in this direction, from 0 */
  __u64 time; /* CLOCK_MONOTONIC in ns when it was made; 0: not measured */
} __attribute__((packed, aligned(2)));

struct wire_frame {
  __u8 dst[6], src[6];
  __u16 type;
  __u8 version_ihl, tos;
  __u16 length, id, fragment;
  __u8 ttl, protocol;
  __u16 checksum;
  __u32 saddr, daddr;
  __u16 sport, dport, udp_length, udp_checksum;
  struct wire_mark mark;
} __attribute__((packed, aligned(2)));

#define WIRE_FRAME_MIN 60 /* sizeof(struct wire_frame) */

#endif
