/* The steering program: attached to the host interface of a service's port, sends every frame to
 * the replica that owns its bucket. Parsing is in parse.h, all state in maps.h.
 *
 * Nothing is passed to the host's own stack: the interface belongs to the service. ARP replies go
 * to all by BPF_F_BROADCAST over the same devmap that single frames use (a DEVMAP broadcast walks
 * its slots; a second, hashed map would only have to be kept equal). */
#include "parse.h"

static __always_inline int drop(enum reason reason) {
  count(&reasons, reason);
  return XDP_DROP;
}

SEC("xdp")
int cu_steer(struct xdp_md *ctx) {
  s32 r = steer(ctx);
  if (r == STEER_FENCE) return drop(REASON_FENCE);
  if (r == STEER_ARP_REPLY) {
    count(&reasons, REASON_ARP_REPLY_ALL);
    return bpf_redirect_map(&replicas, 0, BPF_F_BROADCAST);
  }
  u32 zero = 0, bucket = r & 0xffff, entry = r < 0 ? 1u << config_buckets_log2 : bucket;
  if (r >= 0) count(&buckets, bucket);
  void *table = bpf_map_lookup_elem(&owners, &zero);
  u32 *slot = table ? bpf_map_lookup_elem(table, &entry) : (void *)0;
  if (!slot || *slot == NOBODY) return drop(REASON_NO_OWNER);
  /* A slot without an interface yields the flags: XDP_DROP. */
  if (bpf_redirect_map(&replicas, *slot, XDP_DROP) != XDP_REDIRECT) return drop(REASON_NO_OWNER);
  if (r < 0) {
    count(&reasons, r == STEER_TRUNCATED ? REASON_TRUNCATED : REASON_NON_IP_PRIMARY);
    return XDP_REDIRECT;
  }
  count(&reasons, REASON_REDIRECTED);
  u32 kind = (u32)r >> 16;
  if (kind != KIND_PLAIN) count(&reasons, REASON_FRAGMENT + kind - KIND_FRAGMENT);
  return XDP_REDIRECT;
}

char _license[] SEC("license") = "GPL";
