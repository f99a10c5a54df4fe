/* Sockets of elements, and reading and writing of other descriptors (tun devices). Nothing here
 * blocks but `socketConnect`, for as long as it is told: a descriptor that is not ready is -EAGAIN.
 *
 * An address is a Uint8Array: its length as 4 bytes in the machine's order, then the sockaddr. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

#define ADDRESS_HEAD 4

struct address {
  struct sockaddr *at;
  socklen_t room;  /* bytes of sockaddr that there is room for */
  uint32_t *length; /* NULL: none was given */
};

static struct address address_of(napi_env env, napi_value value) {
  size_t size;
  uint8_t *data = addon_data(env, value, &size);
  if (data == NULL || size <= ADDRESS_HEAD) return (struct address){0};
  return (struct address){.at = (struct sockaddr *)(data + ADDRESS_HEAD),
                          .room = (socklen_t)(size - ADDRESS_HEAD),
                          .length = (uint32_t *)data};
}

/* An address to be used: its length must lie within the array. */
static int usable(struct address a) { return a.length != NULL && *a.length <= a.room; }

static napi_value socket_open(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  if (!addon_args(env, info, 3, argv)) return NULL;
  int type = addon_int(env, argv[1]) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  int fd = socket(addon_int(env, argv[0]), type, addon_int(env, argv[2]));
  if (fd < 0) return addon_throw(env, "socket", errno, "");
  return addon_number(env, fd);
}

static napi_value socket_option(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  char where[64];
  size_t size;
  if (!addon_args(env, info, 5, argv)) return NULL;
  void *value = addon_data(env, argv[3], &size);
  addon_text(env, argv[4], where, sizeof where);
  int fd = addon_int(env, argv[0]), level = addon_int(env, argv[1]);
  if (value == NULL || setsockopt(fd, level, addon_int(env, argv[2]), value, (socklen_t)size) < 0)
    return addon_throw(env, where, value == NULL ? EINVAL : errno, "");
  return NULL;
}

static napi_value socket_bind(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!addon_args(env, info, 2, argv)) return NULL;
  struct address a = address_of(env, argv[1]);
  if (!usable(a)) return addon_throw(env, "bind", EINVAL, "");
  if (bind(addon_int(env, argv[0]), a.at, *a.length) < 0)
    return addon_throw(env, "bind", errno, "");
  return NULL;
}

static napi_value socket_listen(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!addon_args(env, info, 2, argv)) return NULL;
  if (listen(addon_int(env, argv[0]), addon_int(env, argv[1])) < 0)
    return addon_throw(env, "listen", errno, "");
  return NULL;
}

/* A connection that is not there at once is waited for, `timeout` milliseconds at most. */
static napi_value socket_connect(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  if (!addon_args(env, info, 3, argv)) return NULL;
  struct address a = address_of(env, argv[1]);
  int fd = addon_int(env, argv[0]), err = 0;
  if (!usable(a)) return addon_throw(env, "connect", EINVAL, "");
  if (connect(fd, a.at, *a.length) == 0) return NULL;
  if (errno != EINPROGRESS && errno != EINTR) return addon_throw(env, "connect", errno, "");
  struct pollfd writable = {.fd = fd, .events = POLLOUT};
  socklen_t size = sizeof err;
  int ready = poll(&writable, 1, addon_int(env, argv[2]));
  if (ready <= 0) return addon_throw(env, "connect", ready == 0 ? ETIMEDOUT : errno, "");
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0) err = errno;
  return err == 0 ? NULL : addon_throw(env, "connect", err, "");
}

static napi_value socket_accept(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!addon_args(env, info, 2, argv)) return NULL;
  struct address a = address_of(env, argv[1]);
  if (a.length == NULL) return addon_throw(env, "accept", EINVAL, "");
  socklen_t length = a.room;
  int fd = accept4(addon_int(env, argv[0]), a.at, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return addon_number(env, errno == EINTR ? -EAGAIN : -errno);
  *a.length = length;
  return addon_number(env, fd);
}

static napi_value socket_name(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!addon_args(env, info, 2, argv)) return NULL;
  struct address a = address_of(env, argv[1]);
  if (a.length == NULL) return addon_throw(env, "getsockname", EINVAL, "");
  socklen_t length = a.room;
  if (getsockname(addon_int(env, argv[0]), a.at, &length) < 0)
    return addon_throw(env, "getsockname", errno, "");
  *a.length = length;
  return NULL;
}

/* The bytes mem[off, off + length); NULL where they do not lie in it. */
static uint8_t *bytes_of(napi_env env, napi_value mem, napi_value off, napi_value length) {
  size_t size;
  uint8_t *data = addon_data(env, mem, &size);
  int first = addon_int(env, off), count = addon_int(env, length);
  if (data == NULL || first < 0 || count < 0 || (size_t)first + (size_t)count > size) return NULL;
  return data + first;
}

static napi_value result(napi_env env, ssize_t n) {
  return addon_number(env, n >= 0 ? (double)n : errno == EINTR ? -EAGAIN : -errno);
}

/* The length of what came, which is more than the room where a datagram was cut; or -errno. */
static napi_value socket_receive(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  if (!addon_args(env, info, 5, argv)) return NULL;
  uint8_t *to = bytes_of(env, argv[1], argv[2], argv[3]);
  struct address from = address_of(env, argv[4]);
  if (to == NULL) return addon_throw(env, "recvfrom", EINVAL, "memory");
  socklen_t length = from.room;
  ssize_t n = recvfrom(addon_int(env, argv[0]), to, (size_t)addon_int(env, argv[3]),
                       MSG_DONTWAIT | MSG_TRUNC, from.at, from.length == NULL ? NULL : &length);
  if (n >= 0 && from.length != NULL) *from.length = length > from.room ? from.room : length;
  return result(env, n);
}

static napi_value socket_send(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  if (!addon_args(env, info, 5, argv)) return NULL;
  uint8_t *data = bytes_of(env, argv[1], argv[2], argv[3]);
  struct address to = address_of(env, argv[4]);
  if (data == NULL || (to.length != NULL && !usable(to)))
    return addon_throw(env, "sendto", EINVAL, "memory");
  return result(env, sendto(addon_int(env, argv[0]), data, (size_t)addon_int(env, argv[3]),
                            MSG_DONTWAIT | MSG_NOSIGNAL, to.at, to.length == NULL ? 0 : *to.length));
}

static napi_value fd_read(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  if (!addon_args(env, info, 4, argv)) return NULL;
  uint8_t *to = bytes_of(env, argv[1], argv[2], argv[3]);
  if (to == NULL) return addon_throw(env, "read", EINVAL, "memory");
  return result(env, read(addon_int(env, argv[0]), to, (size_t)addon_int(env, argv[3])));
}

static napi_value fd_write(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  if (!addon_args(env, info, 4, argv)) return NULL;
  uint8_t *data = bytes_of(env, argv[1], argv[2], argv[3]);
  if (data == NULL) return addon_throw(env, "write", EINVAL, "memory");
  return result(env, write(addon_int(env, argv[0]), data, (size_t)addon_int(env, argv[3])));
}

/* A program of classic BPF: four words an instruction, as `tcpdump -ddd` prints them. */
static napi_value socket_filter(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  size_t words;
  struct sock_filter code[BPF_MAXINSNS];
  if (!addon_args(env, info, 2, argv)) return NULL;
  const uint32_t *from = addon_data(env, argv[1], &words);
  if (from == NULL || words == 0 || words % 4 != 0 || words / 4 > BPF_MAXINSNS)
    return addon_throw(env, "setsockopt(SO_ATTACH_FILTER)", EINVAL, "");
  for (size_t i = 0; i < words / 4; i++, from += 4)
    code[i] = (struct sock_filter){.code = (uint16_t)from[0],
                                   .jt = (uint8_t)from[1],
                                   .jf = (uint8_t)from[2],
                                   .k = from[3]};
  struct sock_fprog program = {.len = (unsigned short)(words / 4), .filter = code};
  int fd = addon_int(env, argv[0]);
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
    return addon_throw(env, "setsockopt(SO_ATTACH_FILTER)", errno, "");
  return NULL;
}

void socket_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "socketOpen", socket_open);
  addon_function(env, exports, "socketOption", socket_option);
  addon_function(env, exports, "socketBind", socket_bind);
  addon_function(env, exports, "socketListen", socket_listen);
  addon_function(env, exports, "socketConnect", socket_connect);
  addon_function(env, exports, "socketAccept", socket_accept);
  addon_function(env, exports, "socketName", socket_name);
  addon_function(env, exports, "socketReceive", socket_receive);
  addon_function(env, exports, "socketSend", socket_send);
  addon_function(env, exports, "socketFilter", socket_filter);
  addon_function(env, exports, "fdRead", fd_read);
  addon_function(env, exports, "fdWrite", fd_write);
}
