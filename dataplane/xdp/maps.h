/* All state of the steering program, and nothing but state. One instance of the program serves one
 * port of a service; `owners` and `buckets` are shared by the instances of all its ports,
 * `replicas` and `reasons` are each instance's own. Written by node-agent/steering/xdp.ts. */
#ifndef CLICKUP_MAPS_H
#define CLICKUP_MAPS_H

#include "common.h"

/* What is hashed (lib/steer.ts, STEER_KEYS). */
enum key { KEY_FLOW, KEY_ADDRESSES, KEY_SRC, KEY_DST };

/* Why a frame went where it went. The first six: exactly one for each frame. The last three say
 * what kind of frame a redirected one was; those that are none of them are plain. Names: steering.ts. */
enum reason {
  REASON_REDIRECTED,      /* IP, to the owner of its bucket */
  REASON_NON_IP_PRIMARY,  /* not IP, or a neighbour request: to the primary replica */
  REASON_ARP_REPLY_ALL,   /* ARP reply or neighbour advertisement: to every replica */
  REASON_TRUNCATED,       /* ends within its headers: to the primary, whose elements count it */
  REASON_NO_OWNER,        /* nobody owns the bucket, or the owner is gone: dropped */
  REASON_FENCE,           /* a fence frame from outside: dropped, nobody outside may forge one */
  REASON_FRAGMENT,
  REASON_ICMP_ERROR,
  REASON_OTHER,
  REASONS
};

/* An owner-table entry that stands for nobody. */
#define NOBODY 0xffffffffu

/* Set before loading: constants to the verifier, so the branches on them cost nothing. */
const volatile u32 config_key = KEY_FLOW;
const volatile u32 config_buckets_log2 = 10;

/* Who owns each bucket: entry 0 is the table in force. A table has B + 1 entries, each the slot of
 * a replica; entry B is the primary's. A flip puts another table here, in one system call. */
struct owner_table {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, u32);
  __type(value, u32);
  __uint(max_entries, 1025); /* B + 1; set before loading */
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __type(key, u32);
  __uint(max_entries, 1);
  __array(values, struct owner_table);
} owners SEC(".maps");

/* Slot of a replica → the host side of its veth for this port. */
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __type(key, u32);
  __type(value, u32);
  __uint(max_entries, REPLICA_SLOTS);
} replicas SEC(".maps");

/* Frames by reason. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __type(key, u32);
  __type(value, u64);
  __uint(max_entries, REASONS);
} reasons SEC(".maps");

/* Frames by bucket, whether or not somebody owned it. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __type(key, u32);
  __type(value, u64);
  __uint(max_entries, 1024); /* B; set before loading */
} buckets SEC(".maps");

#endif
