/* xsk-ready.c: what xsk.c may find made already. */
#pragma once
#include <bpf/libbpf.h>
#include <stddef.h>

#include "addon.h"

/* Memory for frames, or NULL and errno. */
void *xsk_memory(size_t bytes);
/* The redirecting program, loaded; NULL, errno and what failed. */
struct bpf_object *xsk_object_load(const char *file, const char **failed);
void *xsk_ready_memory(size_t bytes);
struct bpf_object *xsk_ready_object(const char *file);
void xsk_ready_init(napi_env env, napi_value exports);
