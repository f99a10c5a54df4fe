/* The replica's side: every packet of a port's interface goes to the AF_XDP socket of its queue.
 * A queue without a socket passes its packets on to the kernel's stack. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Queues of one interface; a socket for a queue above that is refused when it is opened. */
#define QUEUES_MAX 64

/* queue -> socket; written by redirectSet (dataplane/native/xsk.c), read here. */
struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, QUEUES_MAX);
  __type(key, __u32);
  __type(value, __u32);
} xsks SEC(".maps");

SEC("xdp")
int xsk_redirect(struct xdp_md *ctx) {
  return (int)bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
