/* AF_XDP: memory shared by the sockets of all ports, and their rings, as external ArrayBuffers that
 * TypeScript reads and writes with Atomics; and the small program that redirects into a socket.
 *
 * Who owns what: a handle owns its mappings. Closing it detaches the ArrayBuffers (a late access sees
 * an empty buffer, not freed memory) and unmaps at once. A handle that nobody closed is closed when
 * it and its ArrayBuffers are all unreachable, or when its thread ends. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"
#include "xsk-ready.h"

/* Since Linux 6.17, and not in the headers of older ones: frames that one sendto may send. */
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

#define BUFFERS 4 /* rx, tx, fill, completion; a UMEM has one */

struct buffer {
  void *addr;
  size_t length;
  napi_ref ref; /* weak: the ArrayBuffer over it, to be detached */
};

/* A UMEM or a socket. */
struct memory {
  int references; /* the handle's own and one an ArrayBuffer */
  int fd;
  struct buffer buffers[BUFFERS];
};

static void release(napi_env env, struct memory *m) {
  for (int i = 0; i < BUFFERS; i++) {
    struct buffer *b = &m->buffers[i];
    napi_value value = NULL;
    if (b->ref != NULL) {
      if (napi_get_reference_value(env, b->ref, &value) == napi_ok && value != NULL)
        napi_detach_arraybuffer(env, value);
      napi_delete_reference(env, b->ref);
      b->ref = NULL;
    }
  }
  if (m->fd >= 0) close(m->fd);
  m->fd = -1;
  for (int i = 0; i < BUFFERS; i++) {
    if (m->buffers[i].addr != NULL) munmap(m->buffers[i].addr, m->buffers[i].length);
    m->buffers[i].addr = NULL;
  }
}

static void unreference(napi_env env, void *data, void *hint) {
  struct memory *m = hint;
  (void)data;
  if (--m->references > 0) return;
  release(env, m);
  free(m);
}

static void unreference_handle(napi_env env, void *data, void *hint) {
  (void)hint;
  unreference(env, NULL, data);
}

static int expose(napi_env env, struct memory *m, int i, napi_value *value) {
  struct buffer *b = &m->buffers[i];
  if (napi_create_external_arraybuffer(env, b->addr, b->length, unreference, m, value) != napi_ok)
    return 0;
  m->references++;
  return napi_create_reference(env, *value, 0, &b->ref) == napi_ok;
}

static struct memory *memory_new(void) {
  struct memory *m = calloc(1, sizeof *m);
  if (m == NULL) abort();
  m->references = 1;
  m->fd = -1;
  return m;
}

static void *handle_of(napi_env env, napi_value value) {
  void *data = NULL;
  napi_get_value_external(env, value, &data);
  return data;
}

static napi_value umem_open(napi_env env, napi_callback_info info) {
  napi_value argv[1], object, handle, value;
  int64_t bytes = 0;
  if (!addon_args(env, info, 1, argv)) return NULL;
  napi_get_value_int64(env, argv[0], &bytes);
  void *addr = xsk_ready_memory((size_t)bytes);
  if (addr == NULL) addr = xsk_memory((size_t)bytes);
  if (addr == NULL) return addon_throw(env, "mmap", errno, "umem");
  struct memory *m = memory_new();
  m->buffers[0] = (struct buffer){.addr = addr, .length = (size_t)bytes};
  napi_create_external(env, m, unreference_handle, NULL, &handle);
  if (!expose(env, m, 0, &value)) return addon_throw(env, "mmap", ENOTSUP, "external memory");
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "handle", handle);
  napi_set_named_property(env, object, "memory", value);
  return object;
}

static napi_value memory_close(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  struct memory *m = handle_of(env, argv[0]);
  if (m == NULL) return addon_throw(env, "close", EINVAL, "handle");
  release(env, m);
  return NULL;
}

struct wanted {
  const char *name;
  struct memory *umem;
  int share, queue, ring_size, chunk_size, zero_copy;
};

/* Sets options up to the rings' sizes. NULL: done; else what failed, with errno. */
static const char *set_up(int fd, const struct wanted *w) {
  static const struct {
    int option;
    const char *name;
  } rings[BUFFERS] = {{XDP_RX_RING, "setsockopt(XDP_RX_RING)"},
                      {XDP_TX_RING, "setsockopt(XDP_TX_RING)"},
                      {XDP_UMEM_FILL_RING, "setsockopt(XDP_UMEM_FILL_RING)"},
                      {XDP_UMEM_COMPLETION_RING, "setsockopt(XDP_UMEM_COMPLETION_RING)"}};
  struct xdp_umem_reg reg = {.addr = (uint64_t)(uintptr_t)w->umem->buffers[0].addr,
                             .len = w->umem->buffers[0].length,
                             .chunk_size = (uint32_t)w->chunk_size};
  if (w->share < 0 && setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof reg) < 0)
    return "setsockopt(XDP_UMEM_REG)";
  for (int i = 0; i < BUFFERS; i++)
    if (setsockopt(fd, SOL_XDP, rings[i].option, &w->ring_size, sizeof w->ring_size) < 0)
      return rings[i].name;
  /* Older kernels do not know it: callers repeat xskKick anyway. */
  setsockopt(fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &w->ring_size, sizeof w->ring_size);
  return NULL;
}

static const char *map_rings(struct memory *m, struct xdp_mmap_offsets *off, int ring_size) {
  socklen_t size = sizeof *off;
  if (getsockopt(m->fd, SOL_XDP, XDP_MMAP_OFFSETS, off, &size) < 0)
    return "getsockopt(XDP_MMAP_OFFSETS)";
  if (size != sizeof *off) { /* before Linux 5.4 there were no flags words */
    errno = ENOTSUP;
    return "getsockopt(XDP_MMAP_OFFSETS)";
  }
  size_t n = (size_t)ring_size;
  const size_t lengths[BUFFERS] = {
      off->rx.desc + n * sizeof(struct xdp_desc), off->tx.desc + n * sizeof(struct xdp_desc),
      off->fr.desc + n * sizeof(uint64_t), off->cr.desc + n * sizeof(uint64_t)};
  const off_t pages[BUFFERS] = {XDP_PGOFF_RX_RING, XDP_PGOFF_TX_RING,
                                (off_t)XDP_UMEM_PGOFF_FILL_RING,
                                (off_t)XDP_UMEM_PGOFF_COMPLETION_RING};
  for (int i = 0; i < BUFFERS; i++) {
    void *addr = mmap(NULL, lengths[i], PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, m->fd,
                      pages[i]);
    if (addr == MAP_FAILED) return "mmap(ring)";
    m->buffers[i] = (struct buffer){.addr = addr, .length = lengths[i]};
  }
  return NULL;
}

/* A socket on memory that another one registered takes that one's mode: it may not name its own. */
static const char *bind_to(int fd, const struct wanted *w) {
  struct sockaddr_xdp at = {.sxdp_family = AF_XDP,
                            .sxdp_ifindex = if_nametoindex(w->name),
                            .sxdp_queue_id = (uint32_t)w->queue};
  if (at.sxdp_ifindex == 0) {
    errno = ENODEV;
    return "if_nametoindex";
  }
  if (w->share >= 0) {
    at.sxdp_flags = XDP_SHARED_UMEM;
    at.sxdp_shared_umem_fd = (uint32_t)w->share;
  } else {
    at.sxdp_flags = XDP_USE_NEED_WAKEUP | (w->zero_copy ? XDP_ZEROCOPY : XDP_COPY);
  }
  return bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ? "bind(AF_XDP)" : NULL;
}

static napi_value ring_object(napi_env env, napi_value memory, const struct xdp_ring_offset *off) {
  napi_value object;
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "memory", memory);
  napi_set_named_property(env, object, "producer", addon_number(env, (double)(off->producer / 4)));
  napi_set_named_property(env, object, "consumer", addon_number(env, (double)(off->consumer / 4)));
  napi_set_named_property(env, object, "flags", addon_number(env, (double)(off->flags / 4)));
  napi_set_named_property(env, object, "desc", addon_number(env, (double)(off->desc / 4)));
  return object;
}

static napi_value xsk_object(napi_env env, struct memory *m, const struct xdp_mmap_offsets *off) {
  static const char *const names[BUFFERS] = {"rx", "tx", "fill", "completion"};
  const struct xdp_ring_offset *offsets[BUFFERS] = {&off->rx, &off->tx, &off->fr, &off->cr};
  struct xdp_options options = {0};
  socklen_t size = sizeof options;
  napi_value object, handle, value;
  napi_create_external(env, m, unreference_handle, NULL, &handle);
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "handle", handle);
  napi_set_named_property(env, object, "fd", addon_number(env, m->fd));
  getsockopt(m->fd, SOL_XDP, XDP_OPTIONS, &options, &size);
  napi_get_boolean(env, (options.flags & XDP_OPTIONS_ZEROCOPY) != 0, &value);
  napi_set_named_property(env, object, "zeroCopy", value);
  for (int i = 0; i < BUFFERS; i++) {
    if (!expose(env, m, i, &value)) return addon_throw(env, "mmap", ENOTSUP, "external memory");
    napi_set_named_property(env, object, names[i], ring_object(env, value, offsets[i]));
  }
  return object;
}

static napi_value xsk_open(napi_env env, napi_callback_info info) {
  napi_value argv[7];
  char name[64];
  bool zero_copy = false;
  struct xdp_mmap_offsets off;
  if (!addon_args(env, info, 7, argv)) return NULL;
  addon_text(env, argv[2], name, sizeof name);
  napi_get_value_bool(env, argv[6], &zero_copy);
  struct wanted w = {.name = name,
                     .umem = handle_of(env, argv[0]),
                     .share = addon_int(env, argv[1]),
                     .queue = addon_int(env, argv[3]),
                     .ring_size = addon_int(env, argv[4]),
                     .chunk_size = addon_int(env, argv[5]),
                     .zero_copy = zero_copy};
  if (w.umem == NULL || w.umem->buffers[0].addr == NULL)
    return addon_throw(env, "setsockopt(XDP_UMEM_REG)", EINVAL, name);
  struct memory *m = memory_new();
  const char *failed = "socket(AF_XDP)";
  m->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (m->fd >= 0) failed = set_up(m->fd, &w);
  if (failed == NULL) failed = map_rings(m, &off, w.ring_size);
  if (failed == NULL) failed = bind_to(m->fd, &w);
  if (failed == NULL) return xsk_object(env, m, &off);
  int err = errno;
  release(env, m);
  free(m);
  return addon_throw(env, failed, err, name);
}

static napi_value xsk_kick(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  long sent = sendto(addon_int(env, argv[0]), NULL, 0, MSG_DONTWAIT, NULL, 0);
  return addon_number(env, sent < 0 ? errno : 0);
}

/* In copy mode recvmsg does nothing but tell whether the socket is bound and its interface up. */
static napi_value xsk_check(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  struct msghdr msg = {0};
  long got = recvmsg(addon_int(env, argv[0]), &msg, MSG_DONTWAIT);
  return addon_number(env, got < 0 ? errno : 0);
}

static napi_value xsk_statistics(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  size_t length;
  struct xdp_statistics s = {0};
  socklen_t size = sizeof s;
  if (!addon_args(env, info, 2, argv)) return NULL;
  double *out = addon_data(env, argv[1], &length);
  if (out == NULL || length < 6) return addon_throw(env, "getsockopt", EINVAL, "out");
  if (getsockopt(addon_int(env, argv[0]), SOL_XDP, XDP_STATISTICS, &s, &size) < 0)
    return addon_throw(env, "getsockopt(XDP_STATISTICS)", errno, "");
  out[0] = (double)s.rx_dropped;
  out[1] = (double)s.rx_invalid_descs;
  out[2] = (double)s.tx_invalid_descs;
  out[3] = (double)s.rx_ring_full;
  out[4] = (double)s.rx_fill_ring_empty_descs;
  out[5] = (double)s.tx_ring_empty_descs;
  return NULL;
}

struct redirect {
  struct bpf_object *object;
  struct bpf_link *link; /* its descriptor is what keeps the program attached: no leak on a crash */
};

static void redirect_release(struct redirect *r) {
  if (r->link != NULL) bpf_link__destroy(r->link);
  if (r->object != NULL) bpf_object__close(r->object);
  r->link = NULL;
  r->object = NULL;
}

static void redirect_finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  redirect_release(data);
  free(data);
}

static const char *redirect_load(struct redirect *r, const char *file, const char *name) {
  unsigned index = if_nametoindex(name);
  if (index == 0) {
    errno = ENODEV;
    return "if_nametoindex";
  }
  const char *failed;
  r->object = xsk_ready_object(file);
  if (r->object == NULL) r->object = xsk_object_load(file, &failed);
  if (r->object == NULL) return failed;
  struct bpf_program *program = bpf_object__find_program_by_name(r->object, "xsk_redirect");
  if (program == NULL) return "bpf_object__find_program_by_name";
  r->link = bpf_program__attach_xdp(program, (int)index);
  return r->link == NULL ? "bpf(BPF_LINK_CREATE)" : NULL;
}

static napi_value redirect_open(napi_env env, napi_callback_info info) {
  napi_value argv[2], object, handle;
  char file[1024], name[64];
  if (!addon_args(env, info, 2, argv)) return NULL;
  addon_text(env, argv[0], file, sizeof file);
  addon_text(env, argv[1], name, sizeof name);
  struct redirect *r = calloc(1, sizeof *r);
  if (r == NULL) abort();
  const char *failed = redirect_load(r, file, name);
  if (failed != NULL) {
    int err = errno;
    redirect_release(r);
    free(r);
    return addon_throw(env, failed, err, name);
  }
  napi_create_external(env, r, redirect_finalize, NULL, &handle);
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "handle", handle);
  int fd = bpf_object__find_map_fd_by_name(r->object, "xsks");
  napi_set_named_property(env, object, "mapFd", addon_number(env, fd));
  return object;
}

static napi_value redirect_set(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  if (!addon_args(env, info, 3, argv)) return NULL;
  struct redirect *r = handle_of(env, argv[0]);
  int queue = addon_int(env, argv[1]), fd = addon_int(env, argv[2]);
  if (r == NULL || r->object == NULL) return addon_throw(env, "bpf", EINVAL, "handle");
  int map = bpf_object__find_map_fd_by_name(r->object, "xsks");
  if (bpf_map_update_elem(map, &queue, &fd, BPF_ANY) < 0)
    return addon_throw(env, "bpf(BPF_MAP_UPDATE_ELEM)", errno, "xsks");
  return NULL;
}

static napi_value redirect_close(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  struct redirect *r = handle_of(env, argv[0]);
  if (r != NULL) redirect_release(r);
  return NULL;
}

static napi_value xdp_probe(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char file[1024];
  if (!addon_args(env, info, 1, argv)) return NULL;
  addon_text(env, argv[0], file, sizeof file);
  int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return addon_throw(env, "socket(AF_XDP)", errno, "");
  close(fd);
  struct bpf_object *object = bpf_object__open_file(file, NULL);
  if (object == NULL) return addon_throw(env, "bpf_object__open_file", errno, file);
  int err = bpf_object__load(object);
  bpf_object__close(object);
  if (err < 0) return addon_throw(env, "bpf(BPF_PROG_LOAD)", -err, file);
  return NULL;
}

void xsk_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "umemOpen", umem_open);
  addon_function(env, exports, "umemClose", memory_close);
  addon_function(env, exports, "xskOpen", xsk_open);
  addon_function(env, exports, "xskClose", memory_close);
  addon_function(env, exports, "xskKick", xsk_kick);
  addon_function(env, exports, "xskCheck", xsk_check);
  addon_function(env, exports, "xskStatistics", xsk_statistics);
  addon_function(env, exports, "redirectOpen", redirect_open);
  addon_function(env, exports, "redirectSet", redirect_set);
  addon_function(env, exports, "redirectClose", redirect_close);
  addon_function(env, exports, "xdpProbe", xdp_probe);
  xsk_ready_init(env, exports);
}
