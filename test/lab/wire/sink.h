/* What the sink's program and its helper share. */
#ifndef CLICKUP_WIRE_SINK_H
#define CLICKUP_WIRE_SINK_H

#include "frame.h"

/* Nanoseconds by their highest bit and the five below it: bins are 3 % apart. */
#define HISTOGRAM_BITS 5
#define HISTOGRAM_STEPS (1 << HISTOGRAM_BITS)
#define HISTOGRAM_BINS (36 * HISTOGRAM_STEPS) /* up to 2^40 ns, 18 minutes */

struct sink_config {
  __u32 back;    /* the direction that is looked at: 0, or WIRE_BACK at the generator's interface */
  __u32 reflect; /* of 256 frames of a flow, so many are sent back */
};

struct sink_report {
  __u64 packets, bytes;
  __u64 lost;       /* sequence numbers that are missing so far */
  __u64 reordered;  /* came after a later one */
  __u64 duplicated; /* came twice */
  __u64 stale;      /* came more than 32 behind: reordered or twice, nobody knows */
  __u64 damaged;    /* another length than the header says, or a wrong header checksum */
  __u64 wrong_way;  /* of the direction that is not looked at */
  __u64 reflected;
  __u64 others; /* no test frames: passed to the stack */
  __u64 measured, last;
  __u64 histogram[HISTOGRAM_BINS];
};

struct sink_flow {
  __u32 next, seen, sent_back, unused;
};

#endif
