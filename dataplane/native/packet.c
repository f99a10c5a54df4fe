/* AF_PACKET sockets: frames go straight between the kernel and the pool's memory, a batch a system
 * call (recvmmsg, sendmmsg). A mapped TPACKET_V3 ring would hold packets back until its block is
 * full or a timer of at least 1 ms ends it, and its packets would have to be copied once more.
 *
 * The kernel takes VLAN tags off received frames and hands them over beside: they are put back. A
 * checksum that it has left to the card is only reported. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

#define BATCH_MAX 64 /* as lib/limits.ts: BATCH; more are taken by the next call */
#define VLAN_TAG 4

/* The socket is made without a protocol, so that nothing of other interfaces is queued before bind. */
static const char *open_on(int fd, const char *name, int receive_bytes, int send_bytes) {
  int one = 1;
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  struct packet_mreq all = {.mr_type = PACKET_MR_PROMISC};
  at.sll_ifindex = all.mr_ifindex = (int)if_nametoindex(name);
  if (at.sll_ifindex == 0) {
    errno = ENODEV;
    return "if_nametoindex";
  }
  /* Without CAP_NET_ADMIN the sizes are bounded by net.core.[rw]mem_max: smaller buffers only. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_bytes, sizeof send_bytes) < 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0)
    return "setsockopt(PACKET_IGNORE_OUTGOING)";
  if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) < 0)
    return "setsockopt(PACKET_AUXDATA)";
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) return "bind(AF_PACKET)";
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0)
    return "setsockopt(PACKET_ADD_MEMBERSHIP)";
  return NULL;
}

static napi_value packet_open(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  char name[64];
  if (!addon_args(env, info, 3, argv)) return NULL;
  addon_text(env, argv[0], name, sizeof name);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return addon_throw(env, "socket(AF_PACKET)", errno, name);
  const char *failed = open_on(fd, name, addon_int(env, argv[1]), addon_int(env, argv[2]));
  if (failed != NULL) {
    int err = errno;
    close(fd);
    return addon_throw(env, failed, err, name);
  }
  return addon_number(env, fd);
}

#define CHECKSUM_LEFT 0x100 /* in a slot's third word, beside the packet type */

/* What the kernel says beside a frame; NULL: nothing. */
static const struct tpacket_auxdata *beside(struct msghdr *msg) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c))
    if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
      return (const void *)CMSG_DATA(c);
  return NULL;
}

/* Puts the VLAN tag back that the kernel took off. Returns how many bytes the frame grew in front. */
static int restore_tag(const struct tpacket_auxdata *aux, uint8_t *frame) {
  if (!(aux->tp_status & TP_STATUS_VLAN_VALID)) return 0;
  uint16_t type = aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q;
  memmove(frame - VLAN_TAG, frame, 2 * ETH_ALEN);
  uint8_t *tag = frame - VLAN_TAG + 2 * ETH_ALEN;
  tag[0] = (uint8_t)(type >> 8);
  tag[1] = (uint8_t)type;
  tag[2] = (uint8_t)(aux->tp_vlan_tci >> 8);
  tag[3] = (uint8_t)aux->tp_vlan_tci;
  return VLAN_TAG;
}

/* The frames that slots name, as an iovec each. 0: a slot lies outside of the memory. */
static int frames_of(const int32_t *slots, int count, uint8_t *mem, size_t size, struct iovec *iov) {
  for (int i = 0; i < count; i++) {
    int32_t off = slots[3 * i], length = slots[3 * i + 1];
    if (off < VLAN_TAG || length < 0 || (size_t)off + (size_t)length > size) return 0;
    iov[i] = (struct iovec){.iov_base = mem + off, .iov_len = (size_t)length};
  }
  return 1;
}

static napi_value packet_receive(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  size_t size, words;
  struct mmsghdr msgs[BATCH_MAX] = {0};
  struct iovec iov[BATCH_MAX];
  struct sockaddr_ll from[BATCH_MAX];
  union {
    char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct cmsghdr align;
  } control[BATCH_MAX];
  if (!addon_args(env, info, 4, argv)) return NULL;
  int fd = addon_int(env, argv[0]), count = addon_int(env, argv[3]);
  uint8_t *mem = addon_data(env, argv[1], &size);
  int32_t *slots = addon_data(env, argv[2], &words);
  if (count > BATCH_MAX) count = BATCH_MAX;
  if (mem == NULL || slots == NULL || count < 0 || (size_t)count * 3 > words ||
      !frames_of(slots, count, mem, size, iov))
    return addon_throw(env, "recvmmsg", EINVAL, "slots");
  for (int i = 0; i < count; i++) {
    msgs[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                      .msg_namelen = sizeof from[i],
                                      .msg_iov = &iov[i],
                                      .msg_iovlen = 1,
                                      .msg_control = control[i].bytes,
                                      .msg_controllen = sizeof control[i].bytes};
  }
  int got = recvmmsg(fd, msgs, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
  if (got < 0) return addon_number(env, errno == EAGAIN || errno == EINTR ? 0 : -errno);
  for (int i = 0; i < got; i++) {
    const struct tpacket_auxdata *aux = beside(&msgs[i].msg_hdr);
    int grown = aux == NULL ? 0 : restore_tag(aux, mem + slots[3 * i]);
    slots[3 * i] -= grown;
    slots[3 * i + 1] = (int32_t)msgs[i].msg_len + grown;
    slots[3 * i + 2] = from[i].sll_pkttype;
    if (aux != NULL && aux->tp_status & TP_STATUS_CSUMNOTREADY) slots[3 * i + 2] |= CHECKSUM_LEFT;
  }
  return addon_number(env, got);
}

static napi_value packet_send(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  size_t size, words;
  struct mmsghdr msgs[BATCH_MAX] = {0};
  struct iovec iov[BATCH_MAX];
  if (!addon_args(env, info, 5, argv)) return NULL;
  int fd = addon_int(env, argv[0]);
  uint8_t *mem = addon_data(env, argv[1], &size);
  const int32_t *slots = addon_data(env, argv[2], &words);
  int first = addon_int(env, argv[3]), count = addon_int(env, argv[4]);
  if (count > BATCH_MAX) count = BATCH_MAX;
  if (mem == NULL || slots == NULL || first < 0 || count < 0 ||
      ((size_t)first + (size_t)count) * 3 > words ||
      !frames_of(slots + 3 * first, count, mem, size, iov))
    return addon_throw(env, "sendmmsg", EINVAL, "slots");
  for (int i = 0; i < count; i++)
    msgs[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
  int sent = sendmmsg(fd, msgs, (unsigned)count, MSG_DONTWAIT);
  return addon_number(env, sent < 0 ? -errno : sent);
}

static napi_value packet_dropped(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct tpacket_stats stats = {0}; /* reading sets the kernel's counts to zero */
  socklen_t size = sizeof stats;
  if (!addon_args(env, info, 1, argv)) return NULL;
  getsockopt(addon_int(env, argv[0]), SOL_PACKET, PACKET_STATISTICS, &stats, &size);
  return addon_number(env, stats.tp_drops);
}

/* An interface that goes away takes the socket's index with it; one that is only down does not. */
static napi_value packet_gone(napi_env env, napi_callback_info info) {
  napi_value argv[1], value;
  struct sockaddr_ll at = {0};
  socklen_t size = sizeof at;
  if (!addon_args(env, info, 1, argv)) return NULL;
  int err = getsockname(addon_int(env, argv[0]), (struct sockaddr *)&at, &size);
  napi_get_boolean(env, err < 0 || at.sll_ifindex <= 0, &value);
  return value;
}

static napi_value packet_probe(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return addon_throw(env, "socket(AF_PACKET)", errno, "");
  close(fd);
  return NULL;
}

void packet_init(napi_env env, napi_value exports) {
  addon_function(env, exports, "packetOpen", packet_open);
  addon_function(env, exports, "packetReceive", packet_receive);
  addon_function(env, exports, "packetSend", packet_send);
  addon_function(env, exports, "packetDropped", packet_dropped);
  addon_function(env, exports, "packetGone", packet_gone);
  addon_function(env, exports, "packetProbe", packet_probe);
}
