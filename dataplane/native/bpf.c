/* BPF through libbpf: object files, maps, XDP on interfaces, test runs; and the frame socket that
 * fences are sent with. Mechanism only. Descriptors are plain numbers (sys.c's closeFd closes
 * them), an object is an External that closes with `bpfClose` or when it is collected.
 *
 * No state outside of what is returned, but for libbpf's log callback, which belongs to the
 * process: each thread collects into its own buffer while it loads. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "addon.h"

#define LOG_BYTES 65536
#define PATH_BYTES 512

static __thread char *log_text; /* where this thread's load collects, or NULL */
static __thread size_t log_used;

static int collect_log(enum libbpf_print_level level, const char *format, va_list args) {
  if (!log_text || level == LIBBPF_DEBUG) return 0;
  size_t room = LOG_BYTES - log_used;
  int n = vsnprintf(log_text + log_used, room, format, args);
  if (n > 0) log_used += (size_t)n < room ? (size_t)n : room - 1;
  return n;
}

/* ---- arguments ---- */

#define ARGS(n)                                                                  \
  size_t argc = (n);                                                             \
  napi_value argv[n];                                                            \
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL; \
  if (argc < (n)) return addon_throw(env, "arguments", EINVAL, __func__)

static int32_t int_of(napi_env env, napi_value value) {
  int32_t n = -1;
  napi_get_value_int32(env, value, &n);
  return n;
}

static void text_of(napi_env env, napi_value value, char *text, size_t size) {
  size_t n;
  text[0] = 0;
  napi_get_value_string_utf8(env, value, text, size, &n);
}

/* A typed array's bytes; NULL and 0 where the value is none. */
static void *bytes_of(napi_env env, napi_value value, size_t *bytes) {
  static const uint8_t width[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  napi_typedarray_type type;
  void *data = NULL;
  *bytes = 0;
  if (napi_get_typedarray_info(env, value, &type, bytes, &data, NULL, NULL) != napi_ok) return NULL;
  *bytes *= (size_t)type < sizeof width ? width[type] : 1;
  return data;
}

static napi_value int_value(napi_env env, int64_t n) {
  napi_value value;
  napi_create_int64(env, n, &value);
  return value;
}

static napi_value bool_value(napi_env env, int flag) {
  napi_value value;
  napi_get_boolean(env, flag != 0, &value);
  return value;
}

static void set(napi_env env, napi_value object, const char *name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

static napi_value string_value(napi_env env, const char *text) {
  napi_value value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

/* ---- objects ---- */

static void object_finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct bpf_object **box = data;
  if (*box) bpf_object__close(*box);
  free(box);
}

static struct bpf_object **object_of(napi_env env, napi_value value) {
  void *data = NULL;
  napi_get_value_external(env, value, &data);
  return data;
}

/* Like addon_throw, with libbpf's and the verifier's words in the message. */
static napi_value throw_log(napi_env env, const char *syscall, int err, const char *where) {
  napi_value error, message;
  addon_throw(env, syscall, err, where);
  if (!log_text || !log_used) return NULL;
  napi_get_and_clear_last_exception(env, &error);
  size_t size = log_used + 640;
  char *text = malloc(size);
  if (text) {
    snprintf(text, size, "%s %s: %s\n%s", syscall, where, strerror(err), log_text);
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
    set(env, error, "message", message);
    free(text);
  }
  napi_throw(env, error);
  return NULL;
}

/* Writes a 32-bit constant of the object's .rodata, found by its name in the BTF. 0 or errno. */
static int set_constant(struct bpf_object *object, const char *name, uint32_t number) {
  const struct btf *btf = bpf_object__btf(object);
  struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
  int id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
  if (!map || id < 0) return ENOENT;
  size_t size = 0;
  char *image = (char *)bpf_map__initial_value(map, &size);
  const struct btf_type *section = btf__type_by_id(btf, (uint32_t)id);
  struct btf_var_secinfo *var = btf_var_secinfos(section);
  for (int i = 0; i < btf_vlen(section); i++, var++) {
    const struct btf_type *type = btf__type_by_id(btf, var->type);
    if (strcmp(btf__name_by_offset(btf, type->name_off), name) != 0) continue;
    if (!image || var->size != sizeof number || var->offset + sizeof number > size) return EINVAL;
    memcpy(image + var->offset, &number, sizeof number);
    return 0;
  }
  return ENOENT;
}

enum setting { CONSTANTS, ENTRIES, INNER_ENTRIES, REUSE };

/* An object that is being loaded, with the maps that only serve as patterns for inner ones. */
struct loading {
  struct bpf_object *object;
  int patterns[4];
  int count;
};

/* Gives a map of maps a pattern with another number of entries (libbpf cannot resize the declared
 * one). The kernel copies the pattern's shape when the outer map is made. */
static int set_inner_entries(struct loading *l, struct bpf_map *map, uint32_t entries) {
  struct bpf_map *inner = bpf_map__inner_map(map);
  if (!inner) return EINVAL;
  if (l->count == (int)(sizeof l->patterns / sizeof *l->patterns)) return ENOSPC;
  int fd = bpf_map_create(bpf_map__type(inner), "pattern", bpf_map__key_size(inner),
                          bpf_map__value_size(inner), entries, NULL);
  if (fd < 0) return errno;
  l->patterns[l->count++] = fd;
  return -bpf_map__set_inner_map_fd(map, fd);
}

static int apply_one(struct loading *l, enum setting what, const char *name, uint32_t n) {
  if (what == CONSTANTS) return set_constant(l->object, name, n);
  struct bpf_map *map = bpf_object__find_map_by_name(l->object, name);
  if (!map) return ENOENT;
  if (what == INNER_ENTRIES) return set_inner_entries(l, map, n);
  return -(what == REUSE ? bpf_map__reuse_fd(map, (int)n) : bpf_map__set_max_entries(map, n));
}

/* Applies every property of `values` (an object of numbers); false: an error is thrown. */
static bool apply(napi_env env, struct loading *l, enum setting what, napi_value values) {
  napi_value names, key, value;
  uint32_t count = 0, number = 0;
  if (napi_get_property_names(env, values, &names) != napi_ok) return true;
  napi_get_array_length(env, names, &count);
  for (uint32_t i = 0; i < count; i++) {
    char name[128];
    napi_get_element(env, names, i, &key);
    text_of(env, key, name, sizeof name);
    napi_get_property(env, values, key, &value);
    napi_get_value_uint32(env, value, &number);
    int err = apply_one(l, what, name, number);
    if (err) {
      throw_log(env, "bpf settings", err, name);
      return false;
    }
  }
  return true;
}

/* Applies the settings and loads; false: an error is thrown. */
static bool set_and_load(napi_env env, struct loading *l, const char *path, napi_value *settings) {
  for (int what = CONSTANTS; what <= REUSE; what++)
    if (!apply(env, l, (enum setting)what, settings[what])) return false;
  int err = -bpf_object__load(l->object);
  if (err) throw_log(env, "bpf_object__load", err, path);
  return err == 0;
}

static napi_value load(napi_env env, const char *path, napi_value *settings) {
  libbpf_set_print(collect_log);
  struct bpf_object **box = malloc(sizeof *box);
  if (!box) return addon_throw(env, "malloc", ENOMEM, path);
  struct loading l = {.object = bpf_object__open_file(path, NULL)};
  *box = l.object;
  if (!l.object) throw_log(env, "bpf_object__open", errno, path);
  bool done = l.object && set_and_load(env, &l, path, settings);
  while (l.count) close(l.patterns[--l.count]);
  if (!done) {
    if (l.object) bpf_object__close(l.object);
    free(box);
    return NULL;
  }
  napi_value external;
  napi_create_external(env, box, object_finalize, NULL, &external);
  return external;
}

/* bpfLoad(path, constants, entries, innerEntries, reuse) → object */
static napi_value bpf_load(napi_env env, napi_callback_info info) {
  ARGS(5);
  char path[PATH_BYTES];
  text_of(env, argv[0], path, sizeof path);
  log_text = malloc(LOG_BYTES);
  log_used = 0;
  if (log_text) log_text[0] = 0;
  napi_value result = load(env, path, argv + 1);
  free(log_text);
  log_text = NULL;
  return result;
}

static napi_value bpf_close(napi_env env, napi_callback_info info) {
  ARGS(1);
  struct bpf_object **box = object_of(env, argv[0]);
  if (box && *box) {
    bpf_object__close(*box);
    *box = NULL;
  }
  return NULL;
}

static napi_value bpf_map_fd(napi_env env, napi_callback_info info) {
  ARGS(2);
  char name[128];
  text_of(env, argv[1], name, sizeof name);
  struct bpf_object **box = object_of(env, argv[0]);
  struct bpf_map *map = box && *box ? bpf_object__find_map_by_name(*box, name) : NULL;
  if (!map) return addon_throw(env, "bpf map", ENOENT, name);
  return int_value(env, bpf_map__fd(map));
}

static napi_value bpf_program_fd(napi_env env, napi_callback_info info) {
  ARGS(2);
  char name[128];
  text_of(env, argv[1], name, sizeof name);
  struct bpf_object **box = object_of(env, argv[0]);
  struct bpf_program *program =
      box && *box ? bpf_object__find_program_by_name(*box, name) : NULL;
  if (!program) return addon_throw(env, "bpf program", ENOENT, name);
  return int_value(env, bpf_program__fd(program));
}

/* ---- maps ---- */

static napi_value bpf_possible_cpus(napi_env env, napi_callback_info info) {
  (void)info;
  return int_value(env, libbpf_num_possible_cpus());
}

/* bpfArrayCreate(name, valueSize, entries) → fd */
static napi_value bpf_array_create(napi_env env, napi_callback_info info) {
  ARGS(3);
  char name[BPF_OBJ_NAME_LEN];
  text_of(env, argv[0], name, sizeof name);
  int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, (uint32_t)int_of(env, argv[1]),
                          (uint32_t)int_of(env, argv[2]), NULL);
  if (fd < 0) return addon_throw(env, "bpf(MAP_CREATE)", errno, name);
  return int_value(env, fd);
}

/* The sizes of a map, so that no buffer that is too short reaches the kernel. 0 or errno. */
static int map_sizes(int fd, size_t *key, size_t *value, uint32_t *entries) {
  struct bpf_map_info map = {0};
  uint32_t length = sizeof map;
  if (bpf_obj_get_info_by_fd(fd, &map, &length)) return errno;
  *key = map.key_size;
  *value = map.value_size;
  *entries = map.max_entries;
  if (map.type == BPF_MAP_TYPE_PERCPU_ARRAY || map.type == BPF_MAP_TYPE_PERCPU_HASH)
    *value = (size_t)libbpf_num_possible_cpus() * ((map.value_size + 7u) & ~7u);
  return 0;
}

/* bpfMapUpdate(fd, key, value, where): the value of one key */
static napi_value bpf_map_update(napi_env env, napi_callback_info info) {
  ARGS(4);
  char where[128];
  size_t key_bytes, value_bytes, key_size = 0, value_size = 0;
  uint32_t entries;
  int fd = int_of(env, argv[0]);
  void *key = bytes_of(env, argv[1], &key_bytes), *value = bytes_of(env, argv[2], &value_bytes);
  text_of(env, argv[3], where, sizeof where);
  int err = map_sizes(fd, &key_size, &value_size, &entries);
  if (!err && (key_bytes != key_size || value_bytes != value_size)) err = EINVAL;
  if (!err && bpf_map_update_elem(fd, key, value, BPF_ANY)) err = errno;
  return err ? addon_throw(env, "bpf(MAP_UPDATE_ELEM)", err, where) : NULL;
}

/* bpfMapLookup(fd, key, value): fills value; false: no such key */
static napi_value bpf_map_lookup(napi_env env, napi_callback_info info) {
  ARGS(3);
  size_t key_bytes, value_bytes, key_size = 0, value_size = 0;
  uint32_t entries;
  int fd = int_of(env, argv[0]);
  void *key = bytes_of(env, argv[1], &key_bytes), *value = bytes_of(env, argv[2], &value_bytes);
  int err = map_sizes(fd, &key_size, &value_size, &entries);
  if (!err && (key_bytes != key_size || value_bytes != value_size)) err = EINVAL;
  if (!err && bpf_map_lookup_elem(fd, key, value)) err = errno;
  if (err && err != ENOENT) return addon_throw(env, "bpf(MAP_LOOKUP_ELEM)", err, "map");
  return bool_value(env, err == 0);
}

/* bpfMapDelete(fd, key): false: no such key */
static napi_value bpf_map_delete(napi_env env, napi_callback_info info) {
  ARGS(2);
  size_t key_bytes, key_size = 0, value_size = 0;
  uint32_t entries;
  int fd = int_of(env, argv[0]);
  void *key = bytes_of(env, argv[1], &key_bytes);
  int err = map_sizes(fd, &key_size, &value_size, &entries);
  if (!err && key_bytes != key_size) err = EINVAL;
  if (!err && bpf_map_delete_elem(fd, key)) err = errno;
  if (err && err != ENOENT) return addon_throw(env, "bpf(MAP_DELETE_ELEM)", err, "map");
  return bool_value(env, err == 0);
}

/* One element of an array after the other, where the kernel has no batches for its type. */
static int array_loop(int fd, int write, char *values, size_t size, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    char *value = values + (size_t)i * size;
    if (write ? bpf_map_update_elem(fd, &i, value, BPF_ANY) : bpf_map_lookup_elem(fd, &i, value))
      return errno;
  }
  return 0;
}

static int array_batch(int fd, int write, char *values, size_t size, uint32_t count) {
  uint32_t done = count, next = 0;
  uint32_t *keys = malloc((size_t)count * sizeof *keys);
  if (!keys) return ENOMEM;
  for (uint32_t i = 0; i < count; i++) keys[i] = i;
  int failed = write ? bpf_map_update_batch(fd, keys, values, &done, NULL)
                     : bpf_map_lookup_batch(fd, NULL, &next, keys, values, &done, NULL);
  int err = failed ? errno : 0;
  free(keys);
  /* A lookup that reaches the end says so with ENOENT. */
  if ((!err || err == ENOENT) && done == count) return 0;
  return array_loop(fd, write, values, size, count);
}

static napi_value array_all(napi_env env, napi_callback_info info, int write) {
  ARGS(2);
  size_t bytes, key_size = 0, value_size = 0;
  uint32_t entries = 0;
  int fd = int_of(env, argv[0]);
  char *values = bytes_of(env, argv[1], &bytes);
  int err = map_sizes(fd, &key_size, &value_size, &entries);
  if (!err && (key_size != 4 || bytes != value_size * entries)) err = EINVAL;
  if (!err) err = array_batch(fd, write, values, value_size, entries);
  return err ? addon_throw(env, write ? "bpf(MAP_UPDATE_BATCH)" : "bpf(MAP_LOOKUP_BATCH)", err,
                           "array")
             : NULL;
}

/* bpfArrayRead(fd, values), bpfArrayWrite(fd, values): all entries of an array map */
static napi_value bpf_array_read(napi_env env, napi_callback_info info) {
  return array_all(env, info, 0);
}
static napi_value bpf_array_write(napi_env env, napi_callback_info info) {
  return array_all(env, info, 1);
}

/* ---- programs ---- */

/* bpfTestRun(program, frame, out, ifindex) → { verdict, length, durationNs } */
static napi_value bpf_test_run(napi_env env, napi_callback_info info) {
  ARGS(4);
  size_t in_bytes, out_bytes;
  void *in = bytes_of(env, argv[1], &in_bytes), *out = bytes_of(env, argv[2], &out_bytes);
  struct xdp_md context = {.data_end = (uint32_t)in_bytes};
  LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = (uint32_t)in_bytes,
              .data_out = out, .data_size_out = (uint32_t)out_bytes, .repeat = 1);
  context.ingress_ifindex = (uint32_t)int_of(env, argv[3]);
  if (context.ingress_ifindex) {
    opts.ctx_in = &context;
    opts.ctx_size_in = sizeof context;
  }
  if (bpf_prog_test_run_opts(int_of(env, argv[0]), &opts))
    return addon_throw(env, "bpf(PROG_TEST_RUN)", errno, "program");
  napi_value result;
  napi_create_object(env, &result);
  set(env, result, "verdict", int_value(env, opts.retval));
  set(env, result, "length", int_value(env, opts.data_size_out));
  set(env, result, "durationNs", int_value(env, opts.duration));
  return result;
}

/* xdpAttach(ifindex, program, expected, generic, where): expected -1: refused with EBUSY where any
 * program is attached; else refused with EEXIST unless that one is. Program -1 detaches. */
static napi_value xdp_attach(napi_env env, napi_callback_info info) {
  ARGS(5);
  char where[128];
  bool generic = false;
  int program = int_of(env, argv[1]), expected = int_of(env, argv[2]);
  napi_get_value_bool(env, argv[3], &generic);
  text_of(env, argv[4], where, sizeof where);
  LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
  uint32_t flags = generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
  if (expected < 0) flags |= XDP_FLAGS_UPDATE_IF_NOEXIST;
  else opts.old_prog_fd = expected;
  int err = -bpf_xdp_attach(int_of(env, argv[0]), program, flags, &opts);
  return err ? addon_throw(env, program < 0 ? "xdp detach" : "xdp attach", err, where) : NULL;
}

/* xdpQuery(ifindex, where) → { id, generic } or null */
static napi_value xdp_query(napi_env env, napi_callback_info info) {
  ARGS(2);
  char where[128];
  text_of(env, argv[1], where, sizeof where);
  LIBBPF_OPTS(bpf_xdp_query_opts, opts);
  int err = -bpf_xdp_query(int_of(env, argv[0]), 0, &opts);
  if (err) return addon_throw(env, "xdp query", err, where);
  napi_value result;
  uint32_t id = opts.drv_prog_id ? opts.drv_prog_id : opts.skb_prog_id;
  if (!id) id = opts.prog_id;
  if (!id) {
    napi_get_null(env, &result);
    return result;
  }
  napi_create_object(env, &result);
  set(env, result, "id", int_value(env, id));
  set(env, result, "generic", bool_value(env, !opts.drv_prog_id && opts.skb_prog_id));
  return result;
}

/* bpfProgramById(id) → { fd, name } */
static napi_value bpf_program_by_id(napi_env env, napi_callback_info info) {
  ARGS(1);
  int fd = bpf_prog_get_fd_by_id((uint32_t)int_of(env, argv[0]));
  if (fd < 0) return addon_throw(env, "bpf(PROG_GET_FD_BY_ID)", errno, "program");
  struct bpf_prog_info program = {0};
  uint32_t length = sizeof program;
  if (bpf_obj_get_info_by_fd(fd, &program, &length)) {
    int err = errno;
    close(fd);
    return addon_throw(env, "bpf(OBJ_GET_INFO_BY_FD)", err, "program");
  }
  napi_value result;
  napi_create_object(env, &result);
  set(env, result, "fd", int_value(env, fd));
  set(env, result, "name", string_value(env, program.name));
  return result;
}

/* ---- frames ---- */

/* A socket that only sends: protocol 0 receives nothing. Kept open by its user, since closing one
 * waits for a grace period. */
static napi_value frame_socket(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return addon_throw(env, "socket(AF_PACKET)", errno, "frames");
  return int_value(env, fd);
}

/* frameSend(fd, ifindex, frame) → 0 or errno: a full queue is an everyday answer */
static napi_value frame_send(napi_env env, napi_callback_info info) {
  ARGS(3);
  size_t bytes;
  void *frame = bytes_of(env, argv[2], &bytes);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = int_of(env, argv[1])};
  to.sll_halen = ETH_ALEN;
  ssize_t n = sendto(int_of(env, argv[0]), frame, bytes, 0, (struct sockaddr *)&to, sizeof to);
  return int_value(env, n < 0 ? errno : 0);
}

void bpf_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "bpfLoad", bpf_load);
  addon_function(env, exports, "bpfClose", bpf_close);
  addon_function(env, exports, "bpfMapFd", bpf_map_fd);
  addon_function(env, exports, "bpfProgramFd", bpf_program_fd);
  addon_function(env, exports, "bpfProgramById", bpf_program_by_id);
  addon_function(env, exports, "bpfPossibleCpus", bpf_possible_cpus);
  addon_function(env, exports, "bpfArrayCreate", bpf_array_create);
  addon_function(env, exports, "bpfArrayRead", bpf_array_read);
  addon_function(env, exports, "bpfArrayWrite", bpf_array_write);
  addon_function(env, exports, "bpfMapUpdate", bpf_map_update);
  addon_function(env, exports, "bpfMapLookup", bpf_map_lookup);
  addon_function(env, exports, "bpfMapDelete", bpf_map_delete);
  addon_function(env, exports, "bpfTestRun", bpf_test_run);
  addon_function(env, exports, "xdpAttach", xdp_attach);
  addon_function(env, exports, "xdpQuery", xdp_query);
  addon_function(env, exports, "frameSocket", frame_socket);
  addon_function(env, exports, "frameSend", frame_send);
}
