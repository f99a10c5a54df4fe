/* Devices of the kernel's universal TUN/TAP driver, and what an interface is given: address, mask,
 * MTU, hardware address, a default route. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

/* A tun (IP packets) or tap (Ethernet frames) device; the name may be empty or hold a %d. */
static napi_value tun_open(napi_env env, napi_callback_info info) {
  napi_value argv[2], object, name;
  struct ifreq request = {0};
  char wanted[64];
  if (!addon_args(env, info, 2, argv)) return NULL;
  addon_text(env, argv[0], wanted, sizeof wanted);
  if (strlen(wanted) >= IFNAMSIZ) return addon_throw(env, "ioctl(TUNSETIFF)", ENAMETOOLONG, wanted);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return addon_throw(env, "open", errno, "/dev/net/tun");
  strcpy(request.ifr_name, wanted);
  request.ifr_flags = (short)((addon_int(env, argv[1]) != 0 ? IFF_TAP : IFF_TUN) | IFF_NO_PI);
  if (ioctl(fd, TUNSETIFF, &request) < 0) {
    int err = errno;
    close(fd);
    return addon_throw(env, "ioctl(TUNSETIFF)", err, wanted);
  }
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "fd", addon_number(env, fd));
  napi_create_string_utf8(env, request.ifr_name, NAPI_AUTO_LENGTH, &name);
  napi_set_named_property(env, object, "name", name);
  return object;
}

static void set_address(struct sockaddr *at, int32_t address) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  in.sin_addr.s_addr = htonl((uint32_t)address);
  memcpy(at, &in, sizeof in);
}

/* Flags to set and to clear; errno where it fails. */
static int change_flags(int fd, struct ifreq *request, int set, int clear) {
  if (ioctl(fd, SIOCGIFFLAGS, request) < 0) return errno;
  request->ifr_flags = (short)((request->ifr_flags | set) & ~clear);
  return ioctl(fd, SIOCSIFFLAGS, request) < 0 ? errno : 0;
}

/* Address and mask (0: left alone), MTU (0: left alone), hardware address (empty: left alone); up. */
static const char *configure(int fd, struct ifreq *request, int32_t address, int32_t mask, int mtu,
                             const uint8_t *ether) {
  if (ether != NULL) {
    request->ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request->ifr_hwaddr.sa_data, ether, 6);
    if (ioctl(fd, SIOCSIFHWADDR, request) < 0) return "ioctl(SIOCSIFHWADDR)";
  }
  if (address != 0) {
    set_address(&request->ifr_addr, address);
    if (ioctl(fd, SIOCSIFADDR, request) < 0) return "ioctl(SIOCSIFADDR)";
    set_address(&request->ifr_netmask, mask);
    if (ioctl(fd, SIOCSIFNETMASK, request) < 0) return "ioctl(SIOCSIFNETMASK)";
  }
  if (mtu != 0) {
    request->ifr_mtu = mtu;
    if (ioctl(fd, SIOCSIFMTU, request) < 0) return "ioctl(SIOCSIFMTU)";
  }
  errno = change_flags(fd, request, IFF_UP | IFF_RUNNING, 0);
  return errno == 0 ? NULL : "ioctl(SIOCSIFFLAGS)";
}

static napi_value interface_set(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  struct ifreq request = {0};
  size_t size;
  char name[64];
  if (!addon_args(env, info, 5, argv)) return NULL;
  addon_text(env, argv[0], name, sizeof name);
  uint8_t *ether = addon_data(env, argv[4], &size);
  if (strlen(name) >= IFNAMSIZ) return addon_throw(env, "ioctl", ENAMETOOLONG, name);
  strcpy(request.ifr_name, name);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return addon_throw(env, "socket", errno, name);
  const char *failed = configure(fd, &request, addon_int(env, argv[1]), addon_int(env, argv[2]),
                                 addon_int(env, argv[3]), size == 6 ? ether : NULL);
  int err = errno;
  close(fd);
  return failed == NULL ? NULL : addon_throw(env, failed, err, name);
}

static napi_value interface_down(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct ifreq request = {0};
  char name[64];
  if (!addon_args(env, info, 1, argv)) return NULL;
  addon_text(env, argv[0], name, sizeof name);
  if (strlen(name) >= IFNAMSIZ) return addon_throw(env, "ioctl", ENAMETOOLONG, name);
  strcpy(request.ifr_name, name);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return addon_throw(env, "socket", errno, name);
  int err = change_flags(fd, &request, 0, IFF_UP);
  close(fd);
  return err == 0 ? NULL : addon_throw(env, "ioctl(SIOCSIFFLAGS)", err, name);
}

/* A default route by a gateway; it goes when its interface goes. */
static napi_value route_default(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  if (!addon_args(env, info, 1, argv)) return NULL;
  set_address(&route.rt_dst, 0);
  set_address(&route.rt_genmask, 0);
  set_address(&route.rt_gateway, addon_int(env, argv[0]));
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return addon_throw(env, "socket", errno, "");
  int err = ioctl(fd, SIOCADDRT, &route) < 0 ? errno : 0;
  close(fd);
  return err == 0 ? NULL : addon_throw(env, "ioctl(SIOCADDRT)", err, "default route");
}

void tun_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "tunOpen", tun_open);
  addon_function(env, exports, "interfaceSet", interface_set);
  addon_function(env, exports, "interfaceDown", interface_down);
  addon_function(env, exports, "routeDefault", route_default);
}
