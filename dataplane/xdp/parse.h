/* From a frame to its bucket: the same decisions as lib/steer.ts, where they are explained.
 * test/bpf compares both on random and damaged frames.
 *
 * One convention: `take` hands out the next n bytes or NULL, bounded by the frame's end (for the
 * verifier) and by the length in the IP header (so that padding is never read as ports). */
#ifndef CLICKUP_PARSE_H
#define CLICKUP_PARSE_H

#include "maps.h"

/* No bucket; why. Otherwise a result is bucket | kind << 16. */
#define STEER_NON_IP (-1)
#define STEER_ARP_REPLY (-2)
#define STEER_TRUNCATED (-3)
#define STEER_FENCE (-4)
/* Inside of this file: an ICMP error, the cursor is at the packet that it quotes. */
#define STEER_QUOTE (-5)

enum kind { KIND_PLAIN, KIND_FRAGMENT, KIND_ICMP_ERROR, KIND_OTHER };

#define VLAN_TAGS_MAX 2
#define EXT_HEADERS_MAX 6

enum protocol {
  P_HOPOPTS = 0, P_ICMP = 1, P_TCP = 6, P_UDP = 17, P_ROUTING = 43, P_FRAGMENT = 44,
  P_ICMP6 = 58, P_DSTOPTS = 60, P_SCTP = 132
};

struct cursor {
  void *at;
  void *end;
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
  void *at = c->at;
  if (c->left < n || at + n > c->end) return (void *)0;
  c->at = at + n;
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

static __always_inline s32 error_kind(s32 r) {
  return r < 0 ? r : (r & 0xffff) | KIND_ICMP_ERROR << 16;
}

static __always_inline s32 parse4(struct cursor *c, int quoted) {
  u32 frame = c->left;
  struct ip4 *ip = take(c, sizeof *ip);
  if (!ip || ip->version_ihl >> 4 != 4) return STEER_TRUNCATED;
  u32 header = (ip->version_ihl & 15) << 2;
  if (header < sizeof *ip) return STEER_TRUNCATED;
  if (!quoted) {
    u32 total = bpf_ntohs(ip->length);
    if (total < header) return STEER_TRUNCATED;
    if (total < frame) c->left = total - sizeof *ip;
  }
  if (!take(c, header - sizeof *ip)) return STEER_TRUNCATED;
  if (ip->fragment & bpf_htons(0x3fff)) return result4(ip, 0, KIND_FRAGMENT, quoted);
  if (ip->protocol == P_TCP || ip->protocol == P_UDP || ip->protocol == P_SCTP) {
    s32 y = ports(c);
    return y < 0 ? STEER_TRUNCATED : result4(ip, y, KIND_PLAIN, quoted);
  }
  if (ip->protocol != P_ICMP) return result4(ip, 0, KIND_OTHER, quoted);
  struct icmp *icmp = take(c, sizeof *icmp);
  if (!icmp) return STEER_TRUNCATED;
  u8 type = icmp->type;
  if (type == 8 || type == 0) return result4(ip, bpf_ntohs(icmp->id), KIND_PLAIN, quoted);
  if (quoted || !(type == 3 || type == 4 || type == 5 || type == 11 || type == 12))
    return result4(ip, 0, KIND_OTHER, quoted);
  return STEER_QUOTE;
}

/* Skips extension headers from `next` on and returns the protocol after them. */
#define EXT_CUT (-1)
#define EXT_FRAGMENT (-2)
static __always_inline s32 skip_extensions(struct cursor *c, u8 next) {
#pragma unroll
  for (int i = 0; i < EXT_HEADERS_MAX; i++) {
    if (next != P_FRAGMENT && next != P_HOPOPTS && next != P_ROUTING && next != P_DSTOPTS) break;
    struct ext *ext = take(c, sizeof *ext);
    if (!ext) return EXT_CUT;
    if (next == P_FRAGMENT) {
      if (ext->fragment & bpf_htons(0xfff9)) return EXT_FRAGMENT;
    } else if (!take(c, ext->length << 3)) {
      return EXT_CUT;
    }
    next = ext->next;
  }
  return next;
}

static __always_inline s32 parse6(struct cursor *c, int quoted) {
  struct ip6 *ip = take(c, sizeof *ip);
  if (!ip || (bpf_ntohl(ip->flow) >> 28) != 6) return STEER_TRUNCATED;
  if (!quoted && bpf_ntohs(ip->length) < c->left) c->left = bpf_ntohs(ip->length);
  s32 next = skip_extensions(c, ip->next);
  if (next == EXT_CUT) return STEER_TRUNCATED;
  if (next == EXT_FRAGMENT) return result6(ip, 0, KIND_FRAGMENT, quoted);
  if (next == P_TCP || next == P_UDP || next == P_SCTP) {
    s32 y = ports(c);
    return y < 0 ? STEER_TRUNCATED : result6(ip, y, KIND_PLAIN, quoted);
  }
  if (next != P_ICMP6) return result6(ip, 0, KIND_OTHER, quoted);
  struct icmp *icmp = take(c, sizeof *icmp);
  if (!icmp) return STEER_TRUNCATED;
  u8 type = icmp->type;
  if (type == 128 || type == 129) return result6(ip, bpf_ntohs(icmp->id), KIND_PLAIN, quoted);
  if (quoted) return result6(ip, 0, KIND_OTHER, quoted);
  if (type == 136) return STEER_ARP_REPLY;
  if (type >= 133 && type <= 137) return STEER_NON_IP;
  if (type < 1 || type > 4) return result6(ip, 0, KIND_OTHER, quoted);
  return STEER_QUOTE;
}

static __always_inline s32 steer(void *data, void *end) {
  struct cursor c = {data, end, (u32)(end - data)};
  struct ether *ether = take(&c, sizeof *ether);
  if (!ether) return STEER_TRUNCATED;
  u16 type = bpf_ntohs(ether->type);
  if (type == 0x88b5) return STEER_FENCE;
#pragma unroll
  for (int tags = 0; tags < VLAN_TAGS_MAX; tags++) {
    if (type != 0x8100 && type != 0x88a8) break;
    struct vlan *vlan = take(&c, sizeof *vlan);
    if (!vlan) return STEER_TRUNCATED;
    type = bpf_ntohs(vlan->type);
  }
  if (type == 0x0800) {
    s32 r = parse4(&c, 0);
    return r == STEER_QUOTE ? error_kind(parse4(&c, 1)) : r;
  }
  if (type == 0x86dd) {
    s32 r = parse6(&c, 0);
    return r == STEER_QUOTE ? error_kind(parse6(&c, 1)) : r;
  }
  if (type != 0x0806) return STEER_NON_IP;
  struct arp *arp = take(&c, sizeof *arp);
  if (!arp) return STEER_TRUNCATED;
  return arp->op == bpf_htons(2) ? STEER_ARP_REPLY : STEER_NON_IP;
}

#endif
