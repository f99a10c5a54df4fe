/* Paces the generator's program: BPF_PROG_TEST_RUN on live frames, some every tick, or flat out.
 *
 *   wire-generator ifname=eth0 [netns=PATH cpu=N flows=N length=N rate=PPS count=N ms=N …]
 *
 * rate 0: as fast as it goes. Commands on standard input: `rate PPS`, `pause`, `order random`,
 * `order sequential`, `stats`, `stop`; its end is a stop. Answers are lines of JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include <bpf/bpf.h>

#include "generator.h"
#include "helper.h"

/* Frames of one system call when flat out: a few milliseconds, so that commands are seen. */
#define BURST 16384
/* What is late by more is not caught up with: a burst of it would measure our own delay. */
#define BEHIND_NS 5000000ull
#define LENGTH_MAX 1514

struct run {
  int program;
  uint32_t batch, length;
  uint64_t rate, count, tick_ns; /* rate 0: flat out */
  int paused;
  uint64_t origin, due; /* since when, and how many should have been sent by now */
  uint64_t ends, started;
  uint64_t calls, forgone;
  volatile struct generator_control *control;
  uint8_t frame[LENGTH_MAX];
};

static void send_frames(struct run *r, uint64_t count) {
  LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = r->frame, .data_size_in = r->length,
              .repeat = (int)count, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
              .batch_size = r->batch < count ? r->batch : (uint32_t)count);
  int err = bpf_prog_test_run_opts(r->program, &opts);
  if (err < 0 && err != -EINTR) fail("live frames: %s", strerror(-err));
  r->calls++;
}

static void report(const struct run *r) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  double seconds = (double)(now_ns() - r->started) / 1e9;
  double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
               (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  printf("{\"sent\":%llu,\"bytes\":%llu,\"forgone\":%llu,\"calls\":%llu,\"seconds\":%.6f,"
         "\"cpuSeconds\":%.6f}\n",
         (unsigned long long)r->control->sent, (unsigned long long)r->control->sent * r->length,
         (unsigned long long)r->forgone, (unsigned long long)r->calls, seconds, cpu);
  fflush(stdout);
}

static void pace_anew(struct run *r) {
  r->origin = now_ns();
  r->due = 0;
}

/* False: stop. */
static int obey(struct run *r, const char *command) {
  unsigned long long number;
  if (command[0] == 0 || strcmp(command, "stop") == 0) return 0;
  if (strcmp(command, "stats") == 0) {
    report(r);
    return 1;
  }
  if (sscanf(command, "rate %llu", &number) == 1) r->rate = number, r->paused = 0;
  else if (strcmp(command, "pause") == 0) r->paused = 1;
  else if (strcmp(command, "order random") == 0) r->control->random_order = 1;
  else if (strcmp(command, "order sequential") == 0) r->control->random_order = 0;
  else fail("no command '%s'", command);
  pace_anew(r);
  report(r);
  return 1;
}

/* How many to send now. */
static uint64_t due_now(struct run *r) {
  if (r->paused) return 0;
  if (r->rate == 0) return BURST;
  uint64_t now = now_ns() - r->origin;
  uint64_t wanted = (uint64_t)((__uint128_t)now * r->rate / 1000000000u);
  uint64_t late = BEHIND_NS * r->rate / 1000000000u;
  uint64_t most = late > r->batch ? late : r->batch;
  uint64_t n = wanted - r->due;
  if (n > most) {
    r->forgone += n - most;
    n = most;
  }
  r->due = wanted;
  return n;
}

static void sleep_tick(const struct run *r) {
  uint64_t tick = r->tick_ns, now = now_ns();
  uint64_t next = r->origin + ((now - r->origin) / tick + 1) * tick;
  struct timespec at = {(time_t)(next / 1000000000u), (long)(next % 1000000000u)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void run(struct run *r) {
  r->started = now_ns();
  r->ends += r->started;
  pace_anew(r);
  report(r);
  for (;;) {
    char *command = next_command(r->paused ? 10 : 0);
    if (command != NULL && !obey(r, command)) break;
    if (now_ns() >= r->ends) break;
    uint64_t n = due_now(r), left = r->count - r->control->sent;
    if (n > left) n = left;
    if (n > 0) send_frames(r, n);
    if (r->control->sent >= r->count) break;
    if (r->rate > 0 && !r->paused) sleep_tick(r);
  }
}

static uint32_t bits(const char *name, uint32_t otherwise) {
  return (uint32_t)option_number(name, otherwise, 16);
}

static void configure(struct generator_config *c, struct run *r) {
  c->ifindex = (uint32_t)enter();
  c->flows = (uint32_t)option_number("flows", 1, WIRE_FLOWS_MAX);
  c->length = (uint32_t)option_number("length", 64, LENGTH_MAX);
  if (c->flows == 0) fail("flows: at least 1");
  if (c->length < WIRE_FRAME_MIN) fail("length: at least %d", WIRE_FRAME_MIN);
  c->checksum = option_number("checksum", 0, 1) != 0;
  c->port_bits = bits("port_bits", 9);
  c->address_bits = bits("address_bits", 6);
  c->saddr = option_address("saddr", "10.77.1.64");
  c->daddr = option_address("daddr", "10.77.2.2");
  c->sport = (uint32_t)option_number("sport", 1024, 65535);
  c->dport = (uint32_t)option_number("dport", 2000, 65535);
  uint32_t beyond = (c->flows - 1) >> (c->port_bits + c->address_bits);
  if (c->dport + beyond > 65535 || c->sport + (1u << c->port_bits) > 65536)
    fail("flows do not fit the ports: more port_bits or address_bits, or a lower port");
  option_mac("dst", &c->dst_high, &c->dst_low);
  option_mac("src", &c->src_high, &c->src_low);
  c->sample = (uint32_t)option_number("sample", 0, UINT32_MAX);
  for (uint32_t i = WIRE_FRAME_MIN; i < c->length; i++) r->frame[i] = (uint8_t)i;
  for (uint32_t i = WIRE_FRAME_MIN; i < c->length; i++)
    c->payload_sum += i % 2 == 0 ? r->frame[i] : (uint32_t)r->frame[i] << 8;
}

int main(int argc, char **argv) {
  static const char *const known[] = {
      "ifname", "netns", "cpu", "first", "flows", "length", "rate", "count", "ms", "order", "seed",
      "tick_us", "batch", "checksum", "port_bits", "address_bits", "saddr", "daddr", "sport",
      "dport", "dst", "src", "sample", "paused", NULL};
  static struct run r;
  struct generator_config config = {0};
  options(argc, argv, known);
  configure(&config, &r);
  struct bpf_object *object = load_object("wire-generator.bpf.o", &config, sizeof config);
  r.program = program_of(object, "wire_generate");
  keep_in_dispatcher(r.program);
  enter();
  r.control = memory_of(object, ".bss", sizeof *r.control);
  r.control->random_order = strcmp(option("order", "sequential"), "random") == 0;
  r.control->state = (uint32_t)option_number("seed", 1, UINT32_MAX) | 1;
  r.length = config.length;
  r.rate = option_number("rate", 0, 100000000);
  r.count = option_number("count", UINT64_MAX, UINT64_MAX);
  r.ends = option_number("ms", 60000, 86400000) * 1000000ull;
  r.tick_ns = option_number("tick_us", 1000, 1000000) * 1000;
  r.batch = (uint32_t)option_number("batch", 64, 256);
  r.paused = (int)option_number("paused", 0, 1);
  if (r.tick_ns == 0 || r.batch == 0) fail("tick_us and batch: at least 1");
  prctl(PR_SET_TIMERSLACK, 1); /* sleeps end when they should */
  run(&r);
  report(&r);
  return 0;
}
