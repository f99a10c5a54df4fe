/* The addon's entry: what it was built with, and the functions of every file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addon.h"

void addon_function(napi_env env, napi_value exports, const char *name, napi_callback fn) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, fn, NULL, &value) == napi_ok)
    napi_set_named_property(env, exports, name, value);
}

napi_value addon_throw(napi_env env, const char *syscall, int err, const char *where) {
  char text[512];
  napi_value message, error, value;
  const char *blank = where[0] == 0 ? "" : " ";
  snprintf(text, sizeof text, "%s%s%s: %s", syscall, blank, where, strerror(err));
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_string_utf8(env, strerrorname_np(err) ? strerrorname_np(err) : "EUNKNOWN",
                          NAPI_AUTO_LENGTH, &value);
  napi_create_error(env, value, message, &error);
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, error, "syscall", value);
  napi_create_int32(env, err, &value);
  napi_set_named_property(env, error, "errno", value);
  napi_create_string_utf8(env, where, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, error, "where", value);
  napi_throw(env, error);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value features, flag;
  napi_create_object(env, &features);
#ifdef HAVE_BPF
  napi_get_boolean(env, true, &flag);
#else
  napi_get_boolean(env, false, &flag);
#endif
  napi_set_named_property(env, features, "bpf", flag);
  napi_set_named_property(env, exports, "features", features);
  sys_init(env, exports);
  packet_init(env, exports);
  socket_init(env, exports);
  tun_init(env, exports);
#ifdef HAVE_BPF
  bpf_init(env, exports);
  xsk_init(env, exports);
#endif
  return exports;
}
