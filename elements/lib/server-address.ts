// Where a ControlSocket or ChatterSocket listens: its arguments TYPE and PORT or FILENAME.

import type { ErrorContext } from '../../dataplane/element.ts'
import type { ServerAddress } from './control-server.ts'
import { PORTS } from './ip-names.ts'
import { unixFits } from './socket-address.ts'

export function parseServerAddress(
  type: string,
  text: string,
  localhost: boolean,
  errors: ErrorContext,
): ServerAddress {
  const kind = type.toUpperCase()
  if (kind === 'TCP') return tcpAddress(text, localhost, errors)
  if (kind !== 'UNIX') errors.error(`unknown socket type '${type}'`)
  else if (!unixFits(text)) errors.error('filename too long')
  return { kind: 'UNIX', file: text }
}

function tcpAddress(text: string, localhost: boolean, errors: ErrorContext): ServerAddress {
  const m = /^(\d+)(\+?)$/.exec(text)
  const port = m !== null ? Number(m[1]) : Object.hasOwn(PORTS, text) ? PORTS[text]! : 0
  if (port === 0 || port > 65_535) errors.error('PORT requires TCP port')
  return { kind: 'TCP', port, orNext: m?.[2] === '+', host: localhost ? '127.0.0.1' : '0.0.0.0' }
}
