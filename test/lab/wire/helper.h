/* What both helpers share: options, the namespace and processor they work on, BPF objects, and
 * commands on standard input. Standard input's end is the order to stop, so that no helper outlives
 * who started it. Whatever fails says so on standard error and ends the helper. */
#ifndef CLICKUP_WIRE_HELPER_H
#define CLICKUP_WIRE_HELPER_H

#include <stddef.h>
#include <stdint.h>

struct bpf_object;

/* Options are `name=value`; each has a default. */
void options(int argc, char **argv, const char *const *known);
const char *option(const char *name, const char *otherwise);
uint64_t option_number(const char *name, uint64_t otherwise, uint64_t max);
void option_mac(const char *name, uint32_t *high, uint32_t *low);
uint32_t option_address(const char *name, const char *otherwise); /* host order */

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

/* Goes to the options `netns` (a path), `cpu` and `first` (1: before other processes). Returns the
 * index of `ifname`. */
int enter(void);

/* Opens an object file beside the helper, gives .rodata its content, and loads. */
struct bpf_object *load_object(const char *file, const void *config, size_t bytes);
void *memory_of(struct bpf_object *object, const char *map, size_t bytes);
int program_of(struct bpf_object *object, const char *name);

/* Every test run of a program that is attached nowhere changes the kernel's dispatcher twice, and
 * waits for two grace periods: 25 ms. This attaches it to the loopback interface of an empty
 * namespace and leaves the caller there; the descriptors stay open. */
void keep_in_dispatcher(int program);

/* The next command, or NULL where none came in this time; "" when input has ended. */
char *next_command(int timeout_ms);

uint64_t now_ns(void);

#endif
