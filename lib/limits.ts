// Every bound of the system, each with its reason and what happens at it. Related ones are checked
// against each other at the end of the file.

/** Bytes of a packet's frame: a 1,518-byte frame with VLAN tags and headroom; a UMEM chunk size. */
export const FRAME_SIZE = 2048

/** Bytes free in front of a received packet: encapsulation by elements. XDP reserves as much. */
export const FRAME_HEADROOM = 256

/** Frames of a replica's pool (64 MiB). When none is free, receiving stops: the kernel's ring drops and counts. */
export const POOL_FRAMES = 32_768

/** Frames of a configuration that runs on its own, without a service's rings and holds. */
export const STANDALONE_FRAMES = 16_384

/** Packets that a driver hands over at a time. Longer ones gain nothing and delay the control path. */
export const BATCH = 64

/** Packets that a replica holds during a move. One that comes after that is dropped and counted. */
export const HELD_PACKETS = 8_192

/** Stragglers that wait to be sent on to the new owner. One that comes after that is dropped and counted. */
export const STRAGGLER_PACKETS = 1_024

/** Buckets of a service, the default, and the bounds of what a service file may say. */
export const BUCKETS_DEFAULT = 1024
export const BUCKETS_MIN = 2
export const BUCKETS_MAX = 65_536

/** Bytes of a state chunk: large enough to be cheap, small enough to hold the loop below 1 ms. */
export const CHUNK_BYTES = 65_536

/** How long a slice of a move's copy takes in the packet loop, in ms: the rows of one are chosen by it. */
export const SLICE_MS = 0.2

/** How long a target that processes no packets applies what came before it looks for packets to hold. */
export const APPLY_MS = 1

/** Rows that a move's target applies before it looks at the clock again. */
export const APPLY_ROWS = 128

/** While packets wait, one part in so many of the packet loop's time goes into a move's copy. */
export const STREAM_SHARE = 6

/** Chunks in flight between two replicas; the sender waits for credit after that. */
export const STREAM_CREDIT = 32

/** Dirty rows that end the pre-copy: about one chunk, well below 1 ms of work while packets wait. */
export const SETTLE_ROWS = 256

/**
 * Frames that may be under way to the target once all rows were sent, and when the pre-copy ends;
 * more would prolong the hold.
 */
export const SETTLE_FRAMES = 4

/**
 * Rounds that leave hardly fewer dirty rows than the best before: so many end the pre-copy.
 * SETTLE_SHRINK: what is left of these at most, else it is hardly fewer.
 */
export const SETTLE_SHRINK = 7 / 8
export const SETTLE_STALLS = 3

/** Rounds of deltas at most; the pre-copy ends after that, and the hold is as long as it is. */
export const ROUNDS_MAX = 50

/** Pause between two rounds when little is dirty: rounds go on until the flip, to keep it little. */
export const ROUND_PAUSE_MS = 2

/** Frames of the state stream that no credit came back for are sent again after this time. */
export const STREAM_RETRY_MS = 50

/** A move's messages are asked again at this interval: a time-out means unknown. */
export const ASK_AGAIN_MS = 100

/** Questions without progress before the flip: the move is undone after that (5 s). */
export const ASK_TRIES = 50

/** Questions whether a side has ended an undone move; it is finished without the answer after that. */
export const UNDO_TRIES = 50

/** How long a source that has forgotten still sends stragglers on, before it closes the stream. */
export const STRAGGLER_MS = 1_000

/** How long a takeover waits for the end of a dead source's stream: what has come is then taken. */
export const TAKEOVER_WAIT_MS = 200

/** Bytes of one control message. A longer one is refused before it is unpacked. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024

/** Silence after which a request ends as *unknown* (UNREACHABLE). A receiver at work says so more often. */
export const REQUEST_TIMEOUT_MS = 5_000

/** How often a receiver tells the asker that it still works on a request. */
export const WORKING_MS = 1_000

/** Runs of tasks in one turn of the packet loop at most, so that receiving and control are not starved. */
export const TASKS_PER_TURN = 128

/** How long the packet loop runs turns before it lets the event loop have a look, in ms. */
export const LOOP_BURST_MS = 0.25

/** Longest sleep of an idle packet loop in its driver, so that control messages are seen in time. */
export const LOOP_WAIT_MS = 10

/** The same where elements have descriptors of their own, which a driver's sleep does not end for. */
export const WATCH_WAIT_MS = 1

/** How long a Socket waits for its connection, and a pushed packet for room. Then it gives up. */
export const SOCKET_WAIT_MS = 5_000

/** Bytes that a client of a ChatterSocket may be behind. It is then disconnected. */
export const CHATTER_BEHIND_MAX = 500_000

/** Connections that wait to be accepted by a Socket. More are refused by the kernel. */
export const SOCKET_BACKLOG = 2

/** Times in a row that a driver script may refuse to stop without waiting. Then the router stops. */
export const STOP_REFUSALS = 1000

/** How often agents and replicas say that they are alive. */
export const BEAT_MS = 1_000

/** Silence after which an agent counts as away: status says so, new changes are refused. */
export const AGENT_LOST_MS = 5_000

/** From the start of a replica's process until it is ready. After that it is killed: the start failed. */
export const REPLICA_START_MS = 15_000

/** Processes that an agent keeps ready for new replicas; `--spares` says another number, up to the maximum. */
export const SPARES_DEFAULT = 1
export const SPARES_MAX = 16

/** Pause after a replica's start before a spare is started in its place: its move comes first. */
export const SPARE_PAUSE_MS = 3_000

/** A replica that was asked to stop has so long; then it is killed. */
export const REPLICA_STOP_MS = 2_000

/** Pause before a replica that died is started again: doubled each time, up to this. */
export const RESTART_PAUSE_MS_MAX = 10_000

/** Bytes of a replica's log file; it is then kept as `.1` and a new one begun. */
export const LOG_BYTES_MAX = 4 * 1024 * 1024

/** Lines that `click-up logs` shows at most: they travel in one message. */
export const LOG_LINES_MAX = 10_000

/** Events of a service that the coordinator keeps for `status`; older ones are only in its log. */
export const EVENTS_KEPT = 100

/** Moves whose last record the store keeps, for looking back. */
export const MOVES_KEPT = 1_000

/** Old versions of a service that the store keeps for `rollback` and `upgrade --to VERSION`. */
export const VERSIONS_KEPT = 10

/** Messages that wait for one connection while the other side is away. More are refused with LIMIT. */
export const OUTBOX_MESSAGES = 10_000

/** How long a closing socket goes on sending what is queued. Then the rest is given up. */
export const CLOSE_LINGER_MS = 1_000

/** Bytes of a unix socket's path: sun_path less its zero (unix(7)). Longer ones are refused before use. */
export const SOCKET_PATH_MAX = 107

/** Longest time that BlockThread stops everything: a router that does not answer counts as hung. */
export const BLOCK_MS_MAX = 10_000

/** Expired rows that one tick of a table's sweep looks at, so that no sweep holds the loop for long. */
export const SWEEP_ROWS = 256

/** A slice of what a hand-over in place does beside the packet loop, in ms. A step that is longer ends it. */
export const BESIDE_SLICE_MS = 0.2

/** How long an upgrade in place may take, rows to be converted included. After that its end is unknown. */
export const IN_PLACE_MS = 60_000

/** Bytes of a chunk of rows that are converted for a hand-over in place: some 100 rows between two turns. */
export const HAND_OVER_CHUNK_BYTES = 8_192

/** Changed rows that a hand-over in place leaves for the swap itself, where packets wait for them. */
export const HAND_OVER_DELTAS = 64

/** Chunks in a row that leave no fewer changed rows than the best before: then the swap takes them all. */
export const HAND_OVER_STALLS = 1_000

/** Rows of moved buckets that one turn of the old owner's loop removes. */
export const FORGET_ROWS = 1_024

/** Nice value of replicas: packets wait for no batch job. Used where the process may set it. */
export const PACKET_PRIORITY = -20

/** Time that a packet loop has to answer its main thread, or to end. Then it counts as hung. */
export const WORKER_ANSWER_MS = 2_000

/**
 * Bytes of a table's rows at most: places in it are 32-bit numbers. Where twice the capacity would be
 * more, fewer removed rows can wait for a stream; where the capacity is more, no table is made.
 */
export const TABLE_BYTES_MAX = 0x7ffffff8

/**
 * By how much a table's memory grows: by as much as it has, at least by a page of memory, and by no
 * more than a megabyte, so that a table takes little that it does not need.
 */
export const TABLE_GROWTH_MIN = 4_096
export const TABLE_GROWTH_BYTES = 1_048_576

/**
 * Removed rows that wait for their removal to be streamed: as many as the table's capacity, and at
 * least this many. At the bound the move fails (its stream is too slow) and the table goes on.
 */
export const TABLE_LIMBO_MIN = 4096

/**
 * Low bits of a key's hash that choose its page of a table's index, at most: 4,194,304 pages, 2e9
 * rows. If more keys than a page has cells ever agreed in so many, a further one is refused and
 * counted as if the table were full.
 */
export const INDEX_DEPTH_MAX = 22

/** Changed rows in one block of a table's list of changes: 16 KiB, added and given back as it is. */
export const CHANGES_BLOCK = 4096

/** Rows that one chunk of a snapshot looks at: bounds a walk past rows that need not be sent. */
export const WALK_STEPS = 8_192

/** A table is swept through at most once in this time; idle times are no more exact than that. */
export const SWEEP_PASS_MS = 500

/** Characters of a configuration, libraries included. A longer one is refused before it is read. */
export const CONFIG_TEXT_MAX = 64 * 1024 * 1024

/** Braces and parentheses within each other, and compound elements within each other when expanded. */
export const CONFIG_DEPTH_MAX = 64

/** Elements of a configuration once compound elements are expanded; expansion stops with an error. */
export const ELEMENTS_MAX = 65_536

/** Names, braces and groups in a configuration's text: what its syntax tree holds. More are an error. */
export const CONFIG_ITEMS_MAX = 655_360

/** Connections of a configuration once groups and compound elements are expanded; also port numbers. */
export const CONNECTIONS_MAX = 262_144

/** Characters read and made when variables are replaced: `$b` inside `$a` inside … grows without bound. */
export const EXPANSION_CHARS_MAX = 32 * 1024 * 1024

/** Overloaded definitions of a compound element that are tried for one use; more are an error. */
export const OVERLOADS_MAX = 128

/** Parameters of a compound element; more are an error. */
export const COMPOUND_PARAMS_MAX = 256

/** Characters of an identifier or file name in a configuration; the rest is an error, or cut off. */
export const CONFIG_NAME_MAX = 1024

/** Findings of one configuration. The rest are counted, not listed: nobody reads more. */
export const FINDINGS_MAX = 200

/** Descriptors of each AF_XDP ring of a port, at most: 40 ms at 100,000 packets/s. Full: dropped and counted. */
export const XSK_RING_SIZE = 4096
export const XSK_RING_SIZE_MIN = 64

/** Tries to take a queue, 5 ms apart: the kernel frees a closed AF_XDP socket's queue some time later. */
export const XSK_BUSY_RETRIES = 400
export const XSK_BUSY_RETRY_MS = 5

/**
 * How long the xdp driver looks for packets before it sleeps, while they come that soon; and the
 * processors that a machine has at least for it: with fewer, everybody else would be held up.
 */
export const SPIN_MS = 0.05
export const SPIN_PROCESSORS = 4

/** Longest sleep while the kernel would not take all frames yet: then it is asked again. */
export const SEND_RETRY_MS = 1

/** Longest sleep in `wait`: an AF_XDP socket is not told that its interface has gone, so it looks. */
export const WAIT_MS_MAX = 500

/** Bytes that the kernel buffers for an AF_PACKET socket each way. Full: dropped and counted. */
export const PACKET_BUFFER_BYTES = 8 * 1024 * 1024

/** Frames that AF_PACKET's `send` gathers for one `flush`. Full: flushed at once; still full: dropped. */
export const PACKET_SEND_QUEUE = 256

/** Frames that the udp driver queues between two turns of the loop. Full: dropped and counted. */
export const UDP_QUEUE = 4096
export const UDP_BUFFER_BYTES = 4 * 1024 * 1024

/**
 * Replicas of a service on a host at a time, those included that are gone and still own buckets. One
 * more is refused.
 */
export const REPLICA_SLOTS = 64

/** Ports of a service: one veth pair each for every replica. A service file with more is refused. */
export const SERVICE_PORTS_MAX = 16

/** Bytes that a replica's veth takes beyond the interface's MTU: a second VLAN tag, a tunnel. */
export const VETH_MTU_EXTRA = 64

/**
 * MTU of a replica's veth at most: with a larger one veth refuses XDP. Frames longer than that are
 * dropped (and those longer than FRAME_SIZE, by the driver).
 */
export const VETH_MTU_MAX = 3_400

/**
 * Tries to queue a fence behind packets in a full queue, 1 ms apart. Then the flip fails, and may be
 * repeated.
 */
export const FENCE_TRIES = 50

/** Mappings of a rewriter, two rows each, unless MAPPING_CAPACITY says otherwise. */
export const NAT_MAPPINGS_DEFAULT = 524_288

/**
 * MAPPING_CAPACITY at most: 700 MB. At capacity a new flow displaces a mapping, or is dropped.
 */
export const NAT_MAPPINGS_MAX = 4_194_304

/**
 * Rows that a rewriter at capacity looks at for one new flow: of these, the mapping goes that would
 * time out first. More would make each packet of a flood of new flows slow.
 */
export const NAT_EVICT_ROWS = 16

/** Rows of a rewriter at capacity up to which it looks at all of them: about 0.1 ms. */
export const NAT_EVICT_EXACT = 1_024

/** Mappings that a lower capacity removes at once. The others go as new flows come. */
export const NAT_EVICT_AT_ONCE = 1_024

/**
 * Changes of a TCP connection's length, each way, that a rewriter keeps apart. Of an older one only
 * data that is sent again after as many others would tell: it is moved as what came before it.
 */
export const NAT_SHIFTS = 16

/** Connections of a StatefulFirewall unless CAPACITY says otherwise. */
export const FIREWALL_CONNECTIONS_DEFAULT = 524_288

/** CAPACITY at most: 230 MB. At capacity a new connection displaces one, or does not pass. */
export const FIREWALL_CONNECTIONS_MAX = 4_194_304

/**
 * Rows of a firewall at capacity that it looks at for one new connection: of these, one goes that has
 * not come about. More would make each packet of a flood of new connections slow.
 */
export const FIREWALL_EVICT_ROWS = 16

/**
 * How late a connection's row may say when it was seen last. Idle times are longer by that, not
 * shorter. Each write has a move send the row again: without this, every row once a round.
 */
export const FIREWALL_SEEN_MS = 1_000

/** Entries of an ARP table at most: a network of /16. At it, the oldest entry goes for a new one. */
export const ARP_ENTRIES_MAX = 65_536

/** Addresses that an Ethernet switch knows. Packets to those beyond it go to all outputs. */
export const ETHER_ADDRESSES_MAX = 65_536

/** IPv6 packets that wait for a neighbour's address, one each. One more is dropped and counted. */
export const ND_PACKETS_MAX = 2_048

/**
 * Entries up to which an ARP table at capacity looks at all for the oldest. Of more it looks at
 * ARP_EVICT_ROWS: a flood of new addresses must not cost a walk through the table each.
 */
export const ARP_EVICT_EXACT = 1_024
export const ARP_EVICT_ROWS = 128

/** Places on a SourceIPHashMapper's ring, those of unused IDs included. More are a configuration error. */
export const MAPPER_PLACES_MAX = 1_048_576

/** Ports that a rewriter tries for one new flow. None free of these: dropped, `no_port` counts it. */
export const PORT_PROBES_MAX = 4_096

/**
 * Prefixes of one routing element that handlers have set or removed: a full BGP table fits. One
 * more is refused.
 */
export const ROUTES_CHANGED_MAX = 1_048_576

/**
 * Bytes of one record or line of a trace. What says that it is longer is damaged, or our place in it
 * is lost: a record ends the reading, a line is cut in two.
 */
export const TRACE_RECORD_BYTES = 262_144

/** Bytes of a packet that a line of a summary dump describes: an IP packet and its link header. */
export const SUMMARY_PACKET_BYTES = 66_560

/**
 * TCP flows whose first numbers FromTcpdump remembers. At one more all are forgotten: numbers of
 * flows that are under way are then counted from where they are.
 */
export const TCPDUMP_FLOWS_MAX = 1_048_576

/** Segments of a connection that FromCapDump counts. Lines with higher numbers are not read. */
export const CAP_SEGMENTS_MAX = 16_777_216

/** Aggregates that one counting element holds. A packet of one more counts as if it were frozen. */
export const AGGREGATES_MAX = 4_194_304

/** Flows that AggregateIPFlows and the like number. A packet of one more goes to output 1. */
export const AGGREGATE_FLOWS_MAX = 1_048_576

/** Packets that wait for their ports in AggregateIPFlows. One more goes to output 1. */
export const AGGREGATE_FRAGMENTS_MAX = 4_096

/** Packets that AggregateLast holds, one an aggregate. One of a further aggregate passes at once. */
export const AGGREGATE_PACKETS_MAX = 8_192

/** Fragments that an IPReassembler holds, whatever HIMEM says. One more is dropped and counted. */
export const FRAGMENTS_HELD_MAX = 8_192

/** Flows of FastTCPFlows and FastUDPFlows: each holds its packets. More are a configuration error. */
export const FAST_FLOWS_MAX = 65_536

/** Prefixes whose rates an IPRateMonitor keeps, whatever MEMORY says. No finer ones are kept then. */
export const RATE_PREFIXES_MAX = 65_536

/** Addresses that SetRandIPAddress draws at the start. A larger LIMIT is a configuration error. */
export const RANDOM_ADDRESSES_MAX = 1_048_576

if (WORKING_MS * 3 > REQUEST_TIMEOUT_MS) throw new Error('limits: a working peer would time out')
if (FRAME_HEADROOM * 2 > FRAME_SIZE) throw new Error('limits: headroom leaves no room for data')
// Two ports' receive and transmit rings, and a full hold, fit the pool together.
if (HELD_PACKETS + 2 * 2 * XSK_RING_SIZE > POOL_FRAMES)
  throw new Error('limits: held packets and full rings would use up the pool')
