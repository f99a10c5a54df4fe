// Every bound of the system, each with its reason and what happens at it. Related ones are checked
// against each other at the end of the file.

/** Bytes of a packet's frame: a 1,518-byte frame with VLAN tags and headroom; a UMEM chunk size. */
export const FRAME_SIZE = 2048

/** Bytes free in front of a received packet: encapsulation by elements. XDP reserves as much. */
export const FRAME_HEADROOM = 256

/** Frames of a replica's pool (32 MiB). When none is free, receiving stops: the kernel's ring drops and counts. */
export const POOL_FRAMES = 16_384

/** Packets that a driver hands over at a time. Longer ones gain nothing and delay the control path. */
export const BATCH = 64

/** Packets that a replica holds during a move. One that comes after that is dropped and counted. */
export const HELD_PACKETS = 8_192

/** Buckets of a service, the default, and the bounds of what a service file may say. */
export const BUCKETS_DEFAULT = 1024
export const BUCKETS_MIN = 2
export const BUCKETS_MAX = 65_536

/** Bytes of a state chunk: large enough to be cheap, small enough to hold the loop below 1 ms. */
export const CHUNK_BYTES = 65_536

/** Chunks in flight between two replicas; the sender waits for credit after that. */
export const STREAM_CREDIT = 32

/** Bytes of one control message. A longer one is refused before it is unpacked. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024

/** Expired rows that one tick of a table's sweep looks at, so that no sweep holds the loop for long. */
export const SWEEP_ROWS = 256

if (HELD_PACKETS >= POOL_FRAMES) throw new Error('limits: held packets would use up the pool')
if (FRAME_HEADROOM * 2 > FRAME_SIZE) throw new Error('limits: headroom leaves no room for data')
