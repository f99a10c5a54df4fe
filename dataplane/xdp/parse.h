/* From a frame to its bucket: the same decisions as lib/steer.ts, where they are explained.
 * test/bpf compares both on random and damaged frames.
 *
 * One convention: `take` hands out the next n bytes or NULL, bounded by the frame's end (for the
 * verifier) and by the length in the IP header (so that padding is never read as ports).
 *
 * The parsers are functions of global linkage that take offsets, not pointers: the verifier proves
 * each of them once by itself. Inlined into each other they took it 0.5 s a port. */
#ifndef CLICKUP_PARSE_H
#define CLICKUP_PARSE_H

#include "maps.h"

/* No bucket; why. Otherwise a result is bucket | kind << 16. */
#define STEER_NON_IP (-1)
#define STEER_ARP_REPLY (-2)
#define STEER_TRUNCATED (-3)
#define STEER_FENCE (-4)

enum kind { KIND_PLAIN, KIND_FRAGMENT, KIND_ICMP_ERROR, KIND_OTHER };

#define VLAN_TAGS_MAX 2
#define EXT_HEADERS_MAX 6

enum protocol {
  P_HOPOPTS = 0, P_ICMP = 1, P_TCP = 6, P_UDP = 17, P_ROUTING = 43, P_FRAGMENT = 44,
  P_ICMP6 = 58, P_DSTOPTS = 60, P_SCTP = 132
};

/* Inside of this file: an ICMP error; the packet that it quotes is at an offset, so many bytes of
 * it are there. Both below 2^14, as a frame is; below all codes. */
#define STEER_QUOTE(c) ((int)(0x80000000u | (c).at << 14 | ((c).left & 0x3fff)))
#define STEER_QUOTE_LAST (-0x10000000)
#define QUOTE_AT(r) ((u32)(r) >> 14 & 0x3fff)
#define QUOTE_LEFT(r) ((u32)(r) & 0x3fff)

/* Beyond any frame that a program of one buffer is given: bounds an offset for the verifier. */
#define OFFSET_MAX 0x3fff

/* How far a parse has come: the next byte, and how many there are by the frame and the headers. */
struct cursor {
  struct xdp_md *ctx;
  u32 at;
  u32 left;
};

/* The layouts that are read: byte arrays and 16-bit words, so nothing needs alignment. */
struct ether { u8 dst[6], src[6]; u16 type; } __attribute__((packed));
struct vlan { u16 tag, type; } __attribute__((packed));
struct arp { u16 hardware, protocol; u8 hlen, plen; u16 op; } __attribute__((packed));
struct ip4 {
  u8 version_ihl, tos; u16 length, id, fragment; u8 ttl, protocol; u16 checksum;
  u32 src, dst;
} __attribute__((packed));
struct ip6 { u32 flow; u16 length; u8 next, hops; u32 src[4], dst[4]; } __attribute__((packed));
struct ext { u8 next, length; u16 fragment; u32 id; } __attribute__((packed));
struct ports { u16 src, dst; } __attribute__((packed));
struct icmp { u8 type, code; u16 checksum, id, seq; } __attribute__((packed));

static __always_inline void *take(struct cursor *c, u32 n) {
  u64 offset = c->at;
  barrier_var(offset); /* else the compiler widens it again behind the check */
  if (offset > OFFSET_MAX || c->left < n) return (void *)0;
  void *at = (void *)(long)c->ctx->data + offset;
  if (at + n > (void *)(long)c->ctx->data_end) return (void *)0;
  c->at += n;
  c->left -= n;
  return at;
}

static __always_inline u32 mix(u32 x) {
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return x;
}

static __always_inline s32 result(u32 addresses, u32 y, enum kind kind) {
  u32 hash = addresses ^ (config_key == KEY_FLOW ? mix(mix(y << 8)) : 0);
  return (s32)((hash >> (32 - config_buckets_log2)) | ((u32)kind << 16));
}

/* A quoted packet went the other way: there, `src` stands for `dst`. */
static __always_inline s32 result4(struct ip4 *ip, u32 y, enum kind kind, int quoted) {
  u32 only_src = quoted ? KEY_DST : KEY_SRC, only_dst = quoted ? KEY_SRC : KEY_DST;
  u32 src = config_key == only_dst ? 0 : bpf_ntohl(ip->src);
  u32 dst = config_key == only_src ? 0 : bpf_ntohl(ip->dst);
  return result(mix(mix(src ^ dst)), y, kind);
}

static __always_inline s32 result6(struct ip6 *ip, u32 y, enum kind kind, int quoted) {
  u32 only_src = quoted ? KEY_DST : KEY_SRC, only_dst = quoted ? KEY_SRC : KEY_DST;
  u32 x = 0;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    u32 src = config_key == only_dst ? 0 : bpf_ntohl(ip->src[i]);
    u32 dst = config_key == only_src ? 0 : bpf_ntohl(ip->dst[i]);
    x = mix(x ^ src ^ dst);
  }
  return result(mix(x), y, kind);
}

/* The XOR of both ports of TCP, UDP, SCTP; below 0: cut off. */
static __always_inline s32 ports(struct cursor *c) {
  struct ports *p = take(c, sizeof *p);
  return p ? bpf_ntohs(p->src ^ p->dst) : -1;
}

/* An IPv4 packet at `at`; `left` bytes of it are there. A quoted one's length is not believed. */
__attribute__((noinline)) int steer4(struct xdp_md *ctx, u32 at, u32 left, u32 quoted) {
  struct cursor c = {ctx, at, left};
  struct ip4 *ip = take(&c, sizeof *ip);
  if (!ip || ip->version_ihl >> 4 != 4) return STEER_TRUNCATED;
  u32 header = (ip->version_ihl & 15) << 2, total = bpf_ntohs(ip->length);
  if (header < sizeof *ip || (!quoted && total < header)) return STEER_TRUNCATED;
  if (!quoted && total < left) c.left = total - sizeof *ip;
  if (!take(&c, header - sizeof *ip)) return STEER_TRUNCATED;
  if (ip->fragment & bpf_htons(0x3fff)) return result4(ip, 0, KIND_FRAGMENT, quoted);
  if (ip->protocol == P_TCP || ip->protocol == P_UDP || ip->protocol == P_SCTP) {
    s32 y = ports(&c);
    return y < 0 ? STEER_TRUNCATED : result4(ip, y, KIND_PLAIN, quoted);
  }
  if (ip->protocol != P_ICMP) return result4(ip, 0, KIND_OTHER, quoted);
  struct icmp *icmp = take(&c, sizeof *icmp);
  if (!icmp) return STEER_TRUNCATED;
  u8 type = icmp->type;
  if (type == 8 || type == 0) return result4(ip, bpf_ntohs(icmp->id), KIND_PLAIN, quoted);
  int error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  if (quoted || !error) return result4(ip, 0, KIND_OTHER, quoted);
  return STEER_QUOTE(c);
}

/* The protocol behind the extension headers, and how long they are; or why there is none. */
#define EXT_CUT (-1)
#define EXT_FRAGMENT (-2)
#define EXT_RESULT(next, length) ((int)((next) | (length) << 8))
__attribute__((noinline)) int skip_extensions(struct xdp_md *ctx, u32 at, u32 left, u32 next) {
  struct cursor c = {ctx, at, left};
  for (int i = 0; i < EXT_HEADERS_MAX; i++) {
    if (next != P_FRAGMENT && next != P_HOPOPTS && next != P_ROUTING && next != P_DSTOPTS) break;
    struct ext *ext = take(&c, sizeof *ext);
    if (!ext) return EXT_CUT;
    if (next == P_FRAGMENT) {
      if (ext->fragment & bpf_htons(0xfff9)) return EXT_FRAGMENT;
    } else if (!take(&c, ext->length << 3)) {
      return EXT_CUT;
    }
    next = ext->next;
  }
  return EXT_RESULT(next & 0xff, c.at - at);
}

/* An IPv6 packet at `at`, likewise. */
__attribute__((noinline)) int steer6(struct xdp_md *ctx, u32 at, u32 left, u32 quoted) {
  struct cursor c = {ctx, at, left};
  struct ip6 *ip = take(&c, sizeof *ip);
  if (!ip || (bpf_ntohl(ip->flow) >> 28) != 6) return STEER_TRUNCATED;
  if (!quoted && bpf_ntohs(ip->length) < c.left) c.left = bpf_ntohs(ip->length);
  int skipped = skip_extensions(ctx, c.at, c.left, ip->next);
  if (skipped == EXT_CUT) return STEER_TRUNCATED;
  if (skipped == EXT_FRAGMENT) return result6(ip, 0, KIND_FRAGMENT, quoted);
  u32 next = skipped & 0xff, length = (u32)skipped >> 8;
  c.at += length;
  c.left -= length;
  if (next == P_TCP || next == P_UDP || next == P_SCTP) {
    s32 y = ports(&c);
    return y < 0 ? STEER_TRUNCATED : result6(ip, y, KIND_PLAIN, quoted);
  }
  if (next != P_ICMP6) return result6(ip, 0, KIND_OTHER, quoted);
  struct icmp *icmp = take(&c, sizeof *icmp);
  if (!icmp) return STEER_TRUNCATED;
  u8 type = icmp->type;
  if (type == 128 || type == 129) return result6(ip, bpf_ntohs(icmp->id), KIND_PLAIN, quoted);
  if (quoted) return result6(ip, 0, KIND_OTHER, quoted);
  if (type == 136) return STEER_ARP_REPLY;
  if (type >= 133 && type <= 137) return STEER_NON_IP;
  if (type < 1 || type > 4) return result6(ip, 0, KIND_OTHER, quoted);
  return STEER_QUOTE(c);
}

/* Bucket and kind of a quoted packet are those of the error that quotes it. */
static __always_inline s32 error_kind(s32 r) {
  return r < 0 ? r : (r & 0xffff) | KIND_ICMP_ERROR << 16;
}

static __always_inline s32 steer(struct xdp_md *ctx) {
  struct cursor c = {ctx, 0, ctx->data_end - ctx->data};
  struct ether *ether = take(&c, sizeof *ether);
  if (!ether) return STEER_TRUNCATED;
  u16 type = bpf_ntohs(ether->type);
  if (type == 0x88b5) return STEER_FENCE;
  for (int tags = 0; tags < VLAN_TAGS_MAX; tags++) {
    if (type != 0x8100 && type != 0x88a8) break;
    struct vlan *vlan = take(&c, sizeof *vlan);
    if (!vlan) return STEER_TRUNCATED;
    type = bpf_ntohs(vlan->type);
  }
  if (type == 0x0800 || type == 0x86dd) {
    s32 r = type == 0x0800 ? steer4(ctx, c.at, c.left, 0) : steer6(ctx, c.at, c.left, 0);
    if (r > STEER_QUOTE_LAST) return r;
    u32 at = QUOTE_AT(r), left = QUOTE_LEFT(r);
    return error_kind(type == 0x0800 ? steer4(ctx, at, left, 1) : steer6(ctx, at, left, 1));
  }
  if (type != 0x0806) return STEER_NON_IP;
  struct arp *arp = take(&c, sizeof *arp);
  if (!arp) return STEER_TRUNCATED;
  return arp->op == bpf_htons(2) ? STEER_ARP_REPLY : STEER_NON_IP;
}

#endif
