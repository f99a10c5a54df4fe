/* The sink: counts test frames at an interface, checks each flow's sequence numbers, measures how
 * long frames took, and sends a share of them back. All other frames are the stack's.
 *
 * An interface with one receive queue is polled by one processor at a time, so nothing here is
 * atomic or per CPU. */
#include "../../../dataplane/xdp/common.h"
#include "sink.h"

/* The only variable of .rodata, and of .bss: sink.c finds them at the start of those maps. */
const volatile struct sink_config config = {};
struct sink_report report = {};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __type(key, u32);
  __type(value, struct sink_flow);
  __uint(max_entries, WIRE_FLOWS_MAX);
} flows SEC(".maps");

/* The number of the highest bit that is set. */
static __always_inline u64 highest_bit(u64 x) {
  u64 top = 0;
#pragma unroll
  for (u64 step = 32; step > 0; step >>= 1) {
    u64 over = (x >> step) != 0 ? step : 0;
    x >>= over;
    top += over;
  }
  return top;
}

static __always_inline void measure(u64 time) {
  u64 now = bpf_ktime_get_ns();
  u64 ns = now > time ? now - time : 0, bin = ns;
  u64 top = highest_bit(ns);
  if (top >= HISTOGRAM_BITS)
    bin = (top - HISTOGRAM_BITS + 1) * HISTOGRAM_STEPS +
          ((ns >> (top - HISTOGRAM_BITS)) & (HISTOGRAM_STEPS - 1));
  barrier_var(bin);
  if (bin >= HISTOGRAM_BINS) bin = HISTOGRAM_BINS - 1;
  report.histogram[bin]++;
  report.measured++;
  report.last = now;
}

/* The last 32 sequence numbers before `next`, newest first, are bits of `seen`. */
static __always_inline void check(struct sink_flow *flow, u32 seq) {
  u32 ahead = seq - flow->next;
  if (ahead == 0) {
    flow->seen = flow->seen << 1 | 1;
    flow->next = seq + 1;
  } else if (ahead < 0x80000000u) {
    report.lost += ahead;
    flow->seen = ahead >= 31 ? 1 : flow->seen << (ahead + 1) | 1;
    flow->next = seq + 1;
  } else {
    u32 behind = flow->next - 1 - seq;
    u32 bit = behind < 32 ? 1u << behind : 0;
    if (bit == 0) {
      report.stale++;
    } else if (flow->seen & bit) {
      report.duplicated++;
    } else {
      flow->seen |= bit;
      report.reordered++;
      report.lost--;
    }
  }
}

static __always_inline int header_right(struct wire_frame *f) {
  u16 *word = (u16 *)&f->version_ihl;
  u32 sum = 0;
#pragma unroll
  for (int i = 0; i < 10; i++) sum += word[i];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

/* One's complement: the checksum goes by what four words changed. */
static __always_inline void adjust(struct wire_frame *f, u64 before, u64 after) {
  if (f->udp_checksum == 0) return;
  u64 sum = (u16)~f->udp_checksum + after + (4 * 0xffffull - before);
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  f->udp_checksum = (u16)~sum ? (u16)~sum : 0xffff;
}

static __always_inline u64 sum_of_words(u32 value) { return (value & 0xffff) + (value >> 16); }

static __always_inline void swap(void *a, void *b, u32 words) {
  u16 *x = a, *y = b;
#pragma unroll
  for (u32 i = 0; i < words; i++) {
    u16 kept = x[i];
    x[i] = y[i];
    y[i] = kept;
  }
}

/* Back to where it came from, as the flow's next frame of the other direction. By a redirect: what
 * XDP_TX sends stays in the veth's ring while its peer has no program. */
static __always_inline int send_back(struct xdp_md *ctx, struct wire_frame *f,
                                     struct sink_flow *flow) {
  u64 before = sum_of_words(f->mark.flow) + sum_of_words(f->mark.seq);
  swap(f->dst, f->src, 3);
  swap(&f->saddr, &f->daddr, 2);
  swap(&f->sport, &f->dport, 1);
  f->mark.flow |= WIRE_BACK;
  f->mark.seq = flow->sent_back++;
  adjust(f, before, sum_of_words(f->mark.flow) + sum_of_words(f->mark.seq));
  report.reflected++;
  return (int)bpf_redirect(ctx->ingress_ifindex, 0);
}

SEC("xdp")
int wire_sink(struct xdp_md *ctx) {
  struct wire_frame *f = (void *)(long)ctx->data;
  if ((void *)(f + 1) > (void *)(long)ctx->data_end || f->type != bpf_htons(0x0800) ||
      f->version_ihl != 0x45 || f->protocol != 17 || f->mark.magic != WIRE_MAGIC) {
    report.others++;
    return XDP_PASS;
  }
  if ((f->mark.flow & WIRE_BACK) != config.back) {
    report.wrong_way++;
    return XDP_DROP;
  }
  u32 number = f->mark.flow & (WIRE_FLOWS_MAX - 1);
  struct sink_flow *flow = bpf_map_lookup_elem(&flows, &number);
  if (!flow) return XDP_DROP;
  report.packets++;
  report.bytes += ctx->data_end - ctx->data;
  if (bpf_ntohs(f->length) + 14 != ctx->data_end - ctx->data || !header_right(f))
    report.damaged++;
  check(flow, f->mark.seq);
  u64 time = f->mark.time;
  if (time) measure(time);
  if (config.reflect == 0) return XDP_DROP;
  u32 dice = (number * 0x9e3779b1u + f->mark.seq * 0x85ebca6bu) >> 24;
  return dice < config.reflect ? send_back(ctx, f, flow) : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
