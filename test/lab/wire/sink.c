/* Attaches the sink's program to an interface for as long as this process lives, and tells what it
 * has counted.
 *
 *   wire-sink ifname=eth0 [netns=PATH back=1 reflect=N]
 *
 * Commands on standard input: `stats`; `reset` sets counters and histogram to zero, `forget` the
 * flows too; its end is a stop. Answers are lines of JSON. */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "helper.h"
#include "sink.h"

static const struct sink_flow *flows_of(struct bpf_object *object) {
  return memory_of(object, "flows", WIRE_FLOWS_MAX * sizeof(struct sink_flow));
}

static uint32_t flows_seen(const struct sink_flow *flows) {
  uint32_t seen = 0;
  for (uint32_t i = 0; i < WIRE_FLOWS_MAX; i++) seen += flows[i].next != 0;
  return seen;
}

/* The value of a bin: its middle. */
static uint64_t value_of(uint32_t bin) {
  if (bin < HISTOGRAM_STEPS) return bin;
  uint32_t exponent = (bin >> HISTOGRAM_BITS) - 1;
  uint64_t low = ((uint64_t)HISTOGRAM_STEPS + (bin & (HISTOGRAM_STEPS - 1))) << exponent;
  return low + ((1ull << exponent) >> 1);
}

static void report(const struct sink_report *r, const struct sink_flow *flows) {
  printf("{\"packets\":%llu,\"bytes\":%llu,\"lost\":%lld,\"reordered\":%llu,\"duplicated\":%llu,"
         "\"stale\":%llu,\"damaged\":%llu,\"wrongWay\":%llu,\"reflected\":%llu,\"others\":%llu,"
         "\"measured\":%llu,\"flows\":%u,\"latency\":[",
         (unsigned long long)r->packets, (unsigned long long)r->bytes, (long long)r->lost,
         (unsigned long long)r->reordered, (unsigned long long)r->duplicated,
         (unsigned long long)r->stale, (unsigned long long)r->damaged,
         (unsigned long long)r->wrong_way, (unsigned long long)r->reflected,
         (unsigned long long)r->others, (unsigned long long)r->measured, flows_seen(flows));
  const char *comma = "";
  for (uint32_t i = 0; i < HISTOGRAM_BINS; i++) {
    if (r->histogram[i] == 0) continue;
    printf("%s[%llu,%llu]", comma, (unsigned long long)value_of(i),
           (unsigned long long)r->histogram[i]);
    comma = ",";
  }
  printf("]}\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  static const char *const known[] = {"ifname", "netns", "cpu", "back", "reflect", NULL};
  struct sink_config config = {0};
  options(argc, argv, known);
  int ifindex = enter();
  config.back = option_number("back", 0, 1) ? WIRE_BACK : 0;
  config.reflect = (uint32_t)option_number("reflect", 0, 256);
  struct bpf_object *object = load_object("wire-sink.bpf.o", &config, sizeof config);
  struct sink_report *r = memory_of(object, ".bss", sizeof *r);
  struct sink_flow *flows = (struct sink_flow *)flows_of(object);
  LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
  int link = bpf_link_create(program_of(object, "wire_sink"), ifindex, BPF_XDP, &opts);
  if (link < 0) fail("%s: %s", option("ifname", ""), strerror(errno));
  report(r, flows);
  for (;;) {
    char *command = next_command(-1);
    if (command == NULL) continue;
    if (command[0] == 0) break;
    if (strcmp(command, "forget") == 0) memset(flows, 0, WIRE_FLOWS_MAX * sizeof *flows);
    if (strcmp(command, "forget") == 0 || strcmp(command, "reset") == 0) memset(r, 0, sizeof *r);
    else if (strcmp(command, "stats") != 0) fail("no command '%s'", command);
    report(r, flows);
  }
  report(r, flows);
  return 0;
}
