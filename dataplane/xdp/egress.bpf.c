/* Attached to the host side of a replica's veth: what the replica sends goes out of the service's
 * interface. One instance a port, shared by its replicas, so that a replica's death or a move
 * changes nothing here.
 *
 * cu_pass does nothing. A veth takes redirected frames only where its *peer* has a program (or
 * GRO): without one they are lost silently. It is for peers that have no program of their own. */
#include "common.h"

enum reason { REASON_SENT, REASON_NO_WIRE, REASONS };

/* Entry 0: the service's interface. */
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __type(key, u32);
  __type(value, u32);
  __uint(max_entries, 1);
} wire SEC(".maps");

/* Frames by reason: sent on, or dropped because the interface is gone. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __type(key, u32);
  __type(value, u64);
  __uint(max_entries, REASONS);
} sent SEC(".maps");

SEC("xdp")
int cu_egress(struct xdp_md *ctx) {
  int verdict = bpf_redirect_map(&wire, 0, XDP_DROP);
  count(&sent, verdict == XDP_REDIRECT ? REASON_SENT : REASON_NO_WIRE);
  return verdict;
}

SEC("xdp")
int cu_pass(struct xdp_md *ctx) {
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
