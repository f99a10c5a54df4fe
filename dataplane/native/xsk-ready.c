/* What a replica's driver will need, whatever its interfaces are called, made ready by a thread of
 * its own while the program is still being loaded: memory for frames, with its pages there (the
 * kernel pins them all at once, and would make each one then), and objects of the redirecting program
 * that the verifier has passed. One process prepares once; what nobody takes goes with the process. */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "addon.h"
#include "xsk-ready.h"

#define OBJECTS 16
#define PAGE 4096

static struct {
  pthread_mutex_t lock;
  pthread_t thread;
  int running; /* the thread has not been waited for */
  int asked;
  size_t bytes;
  void *memory; /* NULL: none, or taken */
  char file[1024];
  int count;
  struct bpf_object *objects[OBJECTS];
} ready = {.lock = PTHREAD_MUTEX_INITIALIZER};

void *xsk_memory(size_t bytes) {
  void *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (addr == MAP_FAILED) return NULL;
  /* A child process must not share the pages: the kernel keeps writing into the pinned ones. */
  madvise(addr, bytes, MADV_DONTFORK);
  /* Fewer faults now, fewer misses of the TLB later. Where there are none, small pages do. */
  madvise(addr, bytes, MADV_HUGEPAGE);
  return addr;
}

struct bpf_object *xsk_object_load(const char *file, const char **failed) {
  struct bpf_object *object = bpf_object__open_file(file, NULL);
  *failed = "bpf_object__open_file";
  if (object == NULL) return NULL;
  if (bpf_object__load(object) == 0) return object;
  *failed = "bpf(BPF_PROG_LOAD)";
  int err = errno;
  bpf_object__close(object);
  errno = err;
  return NULL;
}

/* What fails here fails again where it is needed, with a message. */
static void *make(void *unused) {
  (void)unused;
  const char *failed;
  for (int i = 0; i < ready.count; i++) ready.objects[i] = xsk_object_load(ready.file, &failed);
  ready.memory = xsk_memory(ready.bytes);
  if (ready.memory != NULL)
    for (size_t at = 0; at < ready.bytes; at += PAGE) ((volatile char *)ready.memory)[at] = 0;
  return NULL;
}

/* With the lock held. */
static void finish(void) {
  if (!ready.running) return;
  pthread_join(ready.thread, NULL);
  ready.running = 0;
}

/* The memory, if it is of this size; NULL: there is none. It is the caller's, to unmap. */
void *xsk_ready_memory(size_t bytes) {
  void *memory = NULL;
  pthread_mutex_lock(&ready.lock);
  finish();
  if (ready.memory != NULL && ready.bytes == bytes) {
    memory = ready.memory;
    ready.memory = NULL;
  }
  pthread_mutex_unlock(&ready.lock);
  return memory;
}

/* A loaded object of this file; NULL: there is none. It is the caller's, to close. */
struct bpf_object *xsk_ready_object(const char *file) {
  struct bpf_object *object = NULL;
  pthread_mutex_lock(&ready.lock);
  finish();
  for (int i = 0; i < ready.count && object == NULL; i++) {
    if (strcmp(ready.file, file) != 0) break;
    object = ready.objects[i];
    ready.objects[i] = NULL;
  }
  pthread_mutex_unlock(&ready.lock);
  return object;
}

static napi_value prepare(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int64_t bytes = 0;
  if (!addon_args(env, info, 3, argv)) return NULL;
  pthread_mutex_lock(&ready.lock);
  if (!ready.asked) {
    ready.asked = 1;
    napi_get_value_int64(env, argv[0], &bytes);
    ready.bytes = (size_t)bytes;
    addon_text(env, argv[1], ready.file, sizeof ready.file);
    int count = addon_int(env, argv[2]);
    ready.count = count < 0 ? 0 : count > OBJECTS ? OBJECTS : count;
    ready.running = pthread_create(&ready.thread, NULL, make, NULL) == 0;
    if (!ready.running) ready.count = 0;
  }
  pthread_mutex_unlock(&ready.lock);
  return NULL;
}

void xsk_ready_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "xskPrepare", prepare);
}
