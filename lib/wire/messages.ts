// Every message between processes: types only. An envelope travels as one msgpackr-encoded ZeroMQ
// frame (lib/wire/codec.ts); state chunks travel apart from these, as raw binary frames.
//
//   click-up (CLI) ──DEALER──▶ ROUTER coordinator ROUTER ◀──DEALER── node-agent
//                                               node-agent ROUTER ◀──DEALER── dataplane
//   dataplane (old) ──DEALER──▶ ROUTER dataplane (new): state stream, direct
//
// A request has an `id`; its answer carries the same id in `re`. Every request may be repeated: the
// receiver answers as it did, or says that it is done already. A time-out means *unknown*.
// Names carry host and replica identities, so that several hosts need no other messages.

/** Goes up when old and new cannot talk; both sides refuse with PROTOCOL and say both numbers. */
export const PROTOCOL_MAJOR = 1

export interface Envelope {
  /** Protocol version of the sender. */
  readonly v: number
  readonly kind: string
  /** Set on requests: unique to the sender. */
  readonly id: string | null
  /** Set on answers and progress events: the id of the request. */
  readonly re: string | null
  readonly body: unknown
}

/** The answer to any request. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      readonly hint: string
      readonly findings: readonly { where: string; message: string }[]
    }

/** `<service>.<number>`; numbers are never reused within a service. */
export type ReplicaId = string
/** Name of a host, as its agent was told (default: the machine's host name). */
export type HostId = string
