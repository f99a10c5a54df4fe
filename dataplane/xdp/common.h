/* What every BPF program of ours includes: types, and the few constants that have no header. */
#ifndef CLICKUP_COMMON_H
#define CLICKUP_COMMON_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

/* Replicas of a service that can be attached at a time (lib/limits.ts, REPLICA_SLOTS). */
#define REPLICA_SLOTS 64

/* Adds one to a counter of this CPU; readers sum over the CPUs. */
static __always_inline void count(void *map, u32 index) {
  u64 *value = bpf_map_lookup_elem(map, &index);
  if (value) *value += 1;
}

#endif
