// The steering hash: which bucket a flow belongs to.
//
// It is linear over GF(2) on the XOR of both ends, so it is symmetric (both directions of a flow
// agree) and so the ports that a NAT may choose for an inside endpoint form one coset of
// 65,536/B ports, the same for every remote end (see doc/architecture.md, "Ports that hash home"):
//
//   hash(x, y) = R(x) ^ P(y),   x = saddr ^ daddr,   y = sport ^ dport
//
// R and P are xorshift rounds (Marsaglia, "Xorshift RNGs", 2003): shifts and XORs only.
// dataplane/xdp/steer.bpf.c computes the same function; test/unit/xdp compares them.
// All values are int32 as JavaScript's bit operators yield them.

/** Mixes a 32-bit word, linear over GF(2) and invertible. */
export function mix(x: number): number {
  x ^= x << 13
  x ^= x >>> 17
  x ^= x << 5
  return x
}

/**
 * Hash of an IPv4 flow, symmetric in its ends.
 * @param saddr,daddr IPv4 addresses as int32, in network order of significance
 * @param sport,dport ports (0..65535); ICMP echo: identifier and 0; none: 0 and 0
 */
export function hash4(saddr: number, daddr: number, sport: number, dport: number): number {
  return mix(mix(saddr ^ daddr)) ^ portPart(sport ^ dport)
}

/**
 * The share of the hash that the XOR of both ports makes: linear, so it can be solved for. The shift
 * by 8 gives the top k bits full rank for every k <= 16: each bucket has exactly 65,536/B ports.
 */
export function portPart(y: number): number {
  return mix(mix(y << 8))
}

/**
 * Hash of an IPv6 flow: the four words of saddr ^ daddr, mixed one after another.
 * @param x0,x1,x2,x3 XOR of the source's and the destination's 32-bit words, first word first
 */
export function hash6(x0: number, x1: number, x2: number, x3: number, y: number): number {
  return mix(mix(mix(mix(mix(x0) ^ x1) ^ x2) ^ x3)) ^ portPart(y)
}

/** Bucket of a hash: its top log2(B) bits (B a power of two from 2 to 65536). */
export function bucketOf(hash: number, bucketsLog2: number): number {
  return hash >>> (32 - bucketsLog2)
}
