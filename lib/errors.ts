// Every error that leaves the system has a stable code from this table, a message that says what
// and where, and a hint that says what to do. Codes are never reused; doc/errors.md lists them and
// a test compares both.

export const ERROR_CODES = {
  CONFIG: 'the Click configuration has errors; all of them are listed',
  SERVICE_FILE: 'the service file has errors; all of them are listed',
  INTERFACE: 'a network interface is missing or unusable',
  SYSCALL: 'a system call failed; the message has the call, the errno and the interface',
  DRIVER: 'the wanted driver cannot be used here; the message says what it lacks',
  INCOMPATIBLE: 'state of the old version cannot be taken by the new one',
  PROTOCOL: 'a peer speaks another protocol version, or sent bytes that do not parse',
  STALE_EPOCH: 'a message carries an older ownership epoch than the one in force',
  RUNNING: 'another process holds the lock: a coordinator on this store, or an agent of this host',
  UNREACHABLE: 'the other side did not answer in time; the outcome is unknown',
  NOT_FOUND: 'no service, version, replica, element or handler of that name',
  CONFLICT: 'the service is being changed by another request, or exists already',
  MOVE_FAILED: 'the move was undone; the message says at which step and why',
  ARTIFACT: 'the elements of a version could not be bundled or loaded',
  HIDDEN_STATE: 'elements hold state that they do not declare: an upgrade would lose it',
  LIMIT: 'a named limit was reached',
  INTERNAL: 'a defect in click-up itself',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** Hint of an INTERNAL error: nothing that an operator did. */
export const DEFECT_HINT = 'a defect: report it with this text and the log of the process'

/** The words of anything that was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** One finding of several in a refused input. */
export interface Finding {
  /** `file:line` or a path inside the document; '' where there is none. */
  readonly where: string
  readonly message: string
}

export class ClickUpError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly findings: readonly Finding[]
  constructor(code: ErrorCode, message: string, hint = '', findings: readonly Finding[] = []) {
    super(message)
    this.name = 'ClickUpError'
    this.code = code
    this.hint = hint
    this.findings = findings
  }
}
