#define _GNU_SOURCE
#include "helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int given_count;
static char **given;

void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

void options(int argc, char **argv, const char *const *known) {
  given_count = argc - 1;
  given = argv + 1;
  for (int i = 0; i < given_count; i++) {
    const char *end = strchr(given[i], '=');
    const char *const *name = known;
    if (end == NULL) fail("'%s' is no option: name=value", given[i]);
    size_t length = (size_t)(end - given[i]);
    while (*name != NULL && (strlen(*name) != length || strncmp(*name, given[i], length) != 0))
      name++;
    if (*name == NULL) fail("no option '%.*s'", (int)length, given[i]);
  }
}

const char *option(const char *name, const char *otherwise) {
  size_t length = strlen(name);
  for (int i = 0; i < given_count; i++)
    if (strncmp(given[i], name, length) == 0 && given[i][length] == '=')
      return given[i] + length + 1;
  return otherwise;
}

uint64_t option_number(const char *name, uint64_t otherwise, uint64_t max) {
  const char *text = option(name, NULL);
  char *end;
  if (text == NULL) return otherwise;
  errno = 0;
  uint64_t number = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != 0 || *text == '-' || number > max)
    fail("%s=%s: a number from 0 to %llu", name, text, (unsigned long long)max);
  return number;
}

void option_mac(const char *name, uint32_t *high, uint32_t *low) {
  unsigned b[6];
  const char *text = option(name, "02:00:00:00:00:01");
  if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6)
    fail("%s=%s: a MAC address", name, text);
  *high = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
  *low = b[4] << 8 | b[5];
}

uint32_t option_address(const char *name, const char *otherwise) {
  struct in_addr address;
  const char *text = option(name, otherwise);
  if (inet_pton(AF_INET, text, &address) != 1) fail("%s=%s: an IPv4 address", name, text);
  return ntohl(address.s_addr);
}

void keep_in_dispatcher(int program) {
  if (unshare(CLONE_NEWNET) < 0) fail("unshare: %s", strerror(errno));
  LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
  if (bpf_link_create(program, 1, BPF_XDP, &opts) < 0) fail("attach to lo: %s", strerror(errno));
  if (open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) < 0) fail("netns: %s", strerror(errno));
}

/* A nice value counts within a session only, where the kernel groups processes by session. */
static void go_first(void) {
  setsid();
  if (setpriority(PRIO_PROCESS, 0, -20) < 0) fail("priority: %s", strerror(errno));
  FILE *group = fopen("/proc/self/autogroup", "w");
  if (group == NULL) return; /* a kernel without */
  fputs("-20", group);
  fclose(group);
}

int enter(void) {
  const char *netns = option("netns", ""), *name = option("ifname", "");
  if (netns[0] != 0) {
    int fd = open(netns, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) fail("netns %s: %s", netns, strerror(errno));
    close(fd);
  }
  if (option("cpu", NULL) != NULL) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(option_number("cpu", 0, CPU_SETSIZE - 1), &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) fail("cpu: %s", strerror(errno));
  }
  if (option_number("first", 0, 1)) go_first();
  unsigned index = if_nametoindex(name);
  if (index == 0) fail("no interface '%s'", name);
  return (int)index;
}

static int say(enum libbpf_print_level level, const char *format, va_list args) {
  return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

struct bpf_object *load_object(const char *file, const void *config, size_t bytes) {
  char self[4096], path[4352];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) fail("/proc/self/exe: %s", strerror(errno));
  self[length] = 0;
  snprintf(path, sizeof path, "%s/%s", dirname(self), file);
  libbpf_set_print(say);
  struct bpf_object *object = bpf_object__open_file(path, NULL);
  if (object == NULL) fail("%s: %s", path, strerror(errno));
  struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
  size_t size = 0;
  void *image = map == NULL ? NULL : (void *)bpf_map__initial_value(map, &size);
  if (image == NULL || size < bytes) fail("%s: no constants", path);
  memcpy(image, config, bytes);
  int err = bpf_object__load(object);
  if (err < 0) fail("%s does not load: %s", path, strerror(-err));
  return object;
}

void *memory_of(struct bpf_object *object, const char *name, size_t bytes) {
  struct bpf_map *map = bpf_object__find_map_by_name(object, name);
  if (map == NULL) fail("no map '%s'", name);
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (memory == MAP_FAILED) fail("map %s: %s", name, strerror(errno));
  return memory;
}

int program_of(struct bpf_object *object, const char *name) {
  struct bpf_program *program = bpf_object__find_program_by_name(object, name);
  if (program == NULL) fail("no program '%s'", name);
  return bpf_program__fd(program);
}

char *next_command(int timeout_ms) {
  static char line[256];
  static size_t length;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  if (poll(&input, 1, timeout_ms) <= 0) return NULL;
  for (;;) {
    char c;
    ssize_t got = read(0, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      line[0] = 0;
      return line;
    }
    if (c == '\n' && length > 0) break;
    if (c != '\n' && length + 1 < sizeof line) line[length++] = c;
  }
  line[length] = 0;
  length = 0;
  return line;
}

uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
