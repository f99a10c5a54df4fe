/* The generator: run by BPF_PROG_TEST_RUN on live frames (generator.c), it writes each frame and
 * sends it out of an interface. A frame's memory comes back as the device under test left it, so
 * everything is written anew but the payload behind the mark.
 *
 * A flow's number says its addresses and ports, so nothing of a flow is kept but its next sequence
 * number. Constants are set before loading: the verifier drops what they rule out. */
#include "../../../dataplane/xdp/common.h"
#include "generator.h"

/* The only variable of .rodata, and of .bss: generator.c finds them at the start of those maps. */
const volatile struct generator_config config = {};
struct generator_control control = {};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, u32);
  __type(value, u32);
  __uint(max_entries, WIRE_FLOWS_MAX);
} sequences SEC(".maps");

static __always_inline u32 pick(void) {
  if (control.random_order) {
    control.state ^= control.state << 13;
    control.state ^= control.state >> 17;
    control.state ^= control.state << 5;
    return (u32)(((u64)control.state * config.flows) >> 32);
  }
  u32 flow = control.next_flow;
  control.next_flow = flow + 1 >= config.flows ? 0 : flow + 1;
  return flow;
}

static __always_inline u16 fold(u64 sum) {
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + ((sum >> 32) & 0xffff) + (sum >> 48);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (u16)~sum;
}

static __always_inline void put_mac(u8 *at, u32 high, u32 low) {
  *(u32 *)at = bpf_htonl(high);
  *(u16 *)(at + 4) = bpf_htons(low);
}

static __always_inline void put_ip(struct wire_frame *f, u32 flow) {
  u16 length = bpf_htons(config.length - 14);
  f->version_ihl = 0x45;
  f->tos = 0;
  f->length = length;
  f->id = 0;
  f->fragment = bpf_htons(0x4000);
  f->ttl = 64;
  f->protocol = 17;
  f->saddr = bpf_htonl(config.saddr +
                       ((flow >> config.port_bits) & ((1u << config.address_bits) - 1)));
  f->daddr = bpf_htonl(config.daddr);
  u64 sum = (u64)bpf_htons(0x4500) + length + bpf_htons(0x4000) + bpf_htons(64 << 8 | 17);
  f->checksum = fold(sum + f->saddr + f->daddr);
}

static __always_inline void put_udp(struct wire_frame *f, u32 flow) {
  u32 length = config.length - 34;
  f->sport = bpf_htons(config.sport + (flow & ((1u << config.port_bits) - 1)));
  f->dport = bpf_htons(config.dport + (flow >> (config.port_bits + config.address_bits)));
  f->udp_length = bpf_htons(length);
  f->udp_checksum = 0;
  if (!config.checksum) return;
  u64 sum = (u64)f->saddr + f->daddr + bpf_htons(17) + 2 * bpf_htons(length) + f->sport + f->dport;
  u16 *word = (u16 *)&f->mark;
#pragma unroll
  for (u32 i = 0; i < sizeof f->mark / 2; i++) sum += word[i];
  u16 checksum = fold(sum + config.payload_sum);
  f->udp_checksum = checksum ? checksum : 0xffff;
}

SEC("xdp")
int wire_generate(struct xdp_md *ctx) {
  struct wire_frame *f = (void *)(long)ctx->data;
  if ((void *)(f + 1) > (void *)(long)ctx->data_end) return XDP_ABORTED;
  u32 flow = pick();
  u32 *seq = bpf_map_lookup_elem(&sequences, &flow);
  if (!seq) return XDP_ABORTED;
  put_mac(f->dst, config.dst_high, config.dst_low);
  put_mac(f->src, config.src_high, config.src_low);
  f->type = bpf_htons(0x0800);
  put_ip(f, flow);
  f->mark.magic = WIRE_MAGIC;
  f->mark.flow = flow;
  f->mark.seq = (*seq)++;
  f->mark.time = (control.sent & config.sample) == 0 ? bpf_ktime_get_ns() : 0;
  put_udp(f, flow);
  control.sent++;
  return (int)bpf_redirect(config.ifindex, 0);
}

char _license[] SEC("license") = "GPL";
