/* Namespaces, poll, eventfd, interfaces. All of it is per thread or per descriptor: nothing here is
 * kept between calls, so several threads may load the addon. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "addon.h"

int addon_args(napi_env env, napi_callback_info info, size_t count, napi_value *argv) {
  size_t got = count;
  if (napi_get_cb_info(env, info, &got, argv, NULL, NULL) == napi_ok && got >= count) return 1;
  napi_throw_type_error(env, "EINVAL", "native: too few arguments");
  return 0;
}

int addon_int(napi_env env, napi_value value) {
  int32_t n = -1;
  napi_get_value_int32(env, value, &n);
  return n;
}

void addon_text(napi_env env, napi_value value, char *text, size_t size) {
  size_t length;
  text[0] = 0;
  napi_get_value_string_utf8(env, value, text, size, &length);
}

void *addon_data(napi_env env, napi_value value, size_t *elements) {
  void *data = NULL;
  *elements = 0;
  if (napi_get_typedarray_info(env, value, NULL, elements, &data, NULL, NULL) != napi_ok)
    return NULL;
  return data;
}

napi_value addon_number(napi_env env, double n) {
  napi_value value;
  napi_create_double(env, n, &value);
  return value;
}

static napi_value eventfd_open(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return addon_throw(env, "eventfd", errno, "");
  return addon_number(env, fd);
}

static napi_value eventfd_write_js(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  uint64_t one = 1;
  /* EAGAIN: the counter is full, so the other side is woken anyway. */
  if (write(addon_int(env, argv[0]), &one, sizeof one) < 0 && errno != EAGAIN)
    return addon_throw(env, "write", errno, "eventfd");
  return NULL;
}

static napi_value eventfd_drain(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  uint64_t count;
  if (read(addon_int(env, argv[0]), &count, sizeof count) < 0 && errno != EAGAIN)
    return addon_throw(env, "read", errno, "eventfd");
  return NULL;
}

static napi_value close_fd(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!addon_args(env, info, 1, argv)) return NULL;
  close(addon_int(env, argv[0])); /* Linux frees the descriptor whatever close returns */
  return NULL;
}

static napi_value poll_js(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  double ms = -1;
  size_t words;
  if (!addon_args(env, info, 3, argv)) return NULL;
  struct pollfd *fds = addon_data(env, argv[0], &words);
  int count = addon_int(env, argv[1]);
  napi_get_value_double(env, argv[2], &ms);
  if (fds == NULL || count < 0 || (size_t)count * 2 > words)
    return addon_throw(env, "poll", EINVAL, "pollfds");
  struct timespec limit, *timeout = NULL;
  if (ms >= 0 && isfinite(ms)) {
    if (ms > 86400000) ms = 86400000;
    limit.tv_sec = (time_t)(ms / 1000);
    limit.tv_nsec = (long)((ms - (double)limit.tv_sec * 1000) * 1e6);
    timeout = &limit;
  }
  int ready = ppoll(fds, (nfds_t)count, timeout, NULL);
  if (ready < 0 && errno != EINTR) return addon_throw(env, "poll", errno, "");
  return addon_number(env, ready < 0 ? 0 : ready);
}

/* A thread left in a foreign namespace would open everything after that in the wrong place: where
 * the way back fails, the process ends. */
static napi_value in_netns(napi_env env, napi_callback_info info) {
  napi_value argv[2], undefined, result = NULL;
  char path[512];
  if (!addon_args(env, info, 2, argv)) return NULL;
  addon_text(env, argv[0], path, sizeof path);
  int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) return addon_throw(env, "open", errno, "/proc/thread-self/ns/net");
  int away = open(path, O_RDONLY | O_CLOEXEC);
  if (away < 0 || setns(away, CLONE_NEWNET) < 0) {
    int err = errno;
    const char *syscall = away < 0 ? "open" : "setns";
    if (away >= 0) close(away);
    close(home);
    return addon_throw(env, syscall, err, path);
  }
  close(away);
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, argv[1], 0, NULL, &result);
  if (setns(home, CLONE_NEWNET) < 0)
    napi_fatal_error("in_netns", NAPI_AUTO_LENGTH, "cannot leave the namespace", NAPI_AUTO_LENGTH);
  close(home);
  return result;
}

/* Receive queues in use; 1 where the interface does not say. */
static unsigned queues_of(int fd, struct ifreq request) {
  struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
  request.ifr_data = (char *)&channels;
  if (ioctl(fd, SIOCETHTOOL, &request) < 0) return 1;
  unsigned count = channels.rx_count + channels.combined_count;
  return count == 0 ? 1 : count;
}

static napi_value interface_info(napi_env env, napi_callback_info info) {
  napi_value argv[1], object, value, buffer;
  char name[64];
  void *mac;
  if (!addon_args(env, info, 1, argv)) return NULL;
  addon_text(env, argv[0], name, sizeof name);
  if (name[0] == 0 || strlen(name) >= IFNAMSIZ)
    return addon_throw(env, "ioctl(SIOCGIFINDEX)", ENODEV, name);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return addon_throw(env, "socket", errno, name);
  struct ifreq index = {0}, mtu, flags, hw;
  strcpy(index.ifr_name, name);
  mtu = flags = hw = index;
  unsigned queues = queues_of(fd, index);
  const char *failed = ioctl(fd, SIOCGIFINDEX, &index) < 0   ? "ioctl(SIOCGIFINDEX)"
                       : ioctl(fd, SIOCGIFMTU, &mtu) < 0     ? "ioctl(SIOCGIFMTU)"
                       : ioctl(fd, SIOCGIFFLAGS, &flags) < 0 ? "ioctl(SIOCGIFFLAGS)"
                       : ioctl(fd, SIOCGIFHWADDR, &hw) < 0   ? "ioctl(SIOCGIFHWADDR)"
                                                             : NULL;
  int err = errno;
  close(fd);
  if (failed != NULL) return addon_throw(env, failed, err, name);
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "index", addon_number(env, index.ifr_ifindex));
  napi_set_named_property(env, object, "mtu", addon_number(env, mtu.ifr_mtu));
  napi_set_named_property(env, object, "queues", addon_number(env, queues));
  napi_get_boolean(env, (flags.ifr_flags & IFF_UP) != 0, &value);
  napi_set_named_property(env, object, "up", value);
  napi_create_arraybuffer(env, 6, &mac, &buffer);
  memcpy(mac, hw.ifr_hwaddr.sa_data, 6);
  napi_create_typedarray(env, napi_uint8_array, 6, buffer, 0, &value);
  napi_set_named_property(env, object, "mac", value);
  return object;
}

void sys_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "eventfdOpen", eventfd_open);
  addon_function(env, exports, "eventfdWrite", eventfd_write_js);
  addon_function(env, exports, "eventfdDrain", eventfd_drain);
  addon_function(env, exports, "closeFd", close_fd);
  addon_function(env, exports, "poll", poll_js);
  addon_function(env, exports, "inNetns", in_netns);
  addon_function(env, exports, "interfaceInfo", interface_info);
}
