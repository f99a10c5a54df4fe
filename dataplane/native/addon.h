/* Shared by the files of the addon: registering functions, and errors that carry the system call,
 * errno and the interface. Mechanism only: every decision is made in TypeScript. */
#ifndef CLICKUP_ADDON_H
#define CLICKUP_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stddef.h>

/* Each file's entry: adds its functions to `exports`. */
void sys_init(napi_env env, napi_value exports);    /* sys.c: namespaces, poll, eventfd */
void packet_init(napi_env env, napi_value exports); /* packet.c: AF_PACKET */
void socket_init(napi_env env, napi_value exports); /* socket.c: sockets of elements */
void tun_init(napi_env env, napi_value exports);    /* tun.c: TUN/TAP devices */
#ifdef HAVE_BPF
void bpf_init(napi_env env, napi_value exports); /* bpf.c: objects, maps, attach, test run */
void xsk_init(napi_env env, napi_value exports); /* xsk.c: UMEM and AF_XDP sockets */
#endif

void addon_function(napi_env env, napi_value exports, const char *name, napi_callback fn);

/* Throws Error with properties `syscall`, `errno` (positive), `code` ("EPERM") and `where`; the
 * message is "<syscall> <where>: <strerror>". Returns NULL, for `return addon_throw(...)`. */
napi_value addon_throw(napi_env env, const char *syscall, int err, const char *where);

/* Arguments and results. addon_args throws and returns 0 where there are too few. */
int addon_args(napi_env env, napi_callback_info info, size_t count, napi_value *argv);
int addon_int(napi_env env, napi_value value); /* -1 for what is not a number */
void addon_text(napi_env env, napi_value value, char *text, size_t size);
void *addon_data(napi_env env, napi_value value, size_t *elements); /* NULL: not a typed array */
napi_value addon_number(napi_env env, double n);

#endif
