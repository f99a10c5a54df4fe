// Exit codes: what a script may rely on. doc/cli.md and --help list them.

import type { ErrorCode } from '../lib/errors.ts'

export const EXIT = {
  ok: 0,
  /** It failed, and nothing has changed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The other side is away or silent: the outcome is unknown. */
  unknown: 3,
  /** State of the old version cannot be taken by the new one; nothing has changed. */
  incompatible: 4,
} as const

export function exitCode(code: ErrorCode): number {
  if (code === 'UNREACHABLE') return EXIT.unknown
  return code === 'INCOMPATIBLE' ? EXIT.incompatible : EXIT.failed
}

export const EXIT_HELP = `
Exit status:
  0  done
  1  failed, nothing has changed
  2  the command line is wrong
  3  the coordinator is away or silent: the outcome is unknown, see \`click-up status\`
  4  state of the old version cannot be taken by the new one, nothing has changed`
