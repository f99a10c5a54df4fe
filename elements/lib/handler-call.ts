// Calls of a handler that a configuration asks for: `COUNT_CALL 3 s.switch 1`, `END_CALL s.run`.

import type { ErrorContext, RouterServices } from '../../dataplane/element.ts'

export interface HandlerCall {
  readonly path: string
  readonly value: string
}

/** The words `HANDLER [VALUE]`; null where there is no handler. */
export function parseHandlerCall(text: string): HandlerCall | null {
  const m = /^\s*(\S+)\s*([\s\S]*)$/.exec(text)
  return m === null ? null : { path: m[1]!, value: m[2]! }
}

interface Caller {
  readonly name: string
  readonly className: string
  readonly router: RouterServices
}

/** For `initialize`: the handler must be there and take a value. */
export function checkWriteCall(self: Caller, call: HandlerCall | null, errors: ErrorContext): void {
  if (call === null) return
  const info = self.router.findHandler(call.path, self.name)
  const [element] = call.path.split('.')
  if (info.found === 'no element') errors.error(`no element named '${element}'`)
  else if (info.found === 'no handler') errors.error(`no write handler '${call.path}'`)
  else if (!info.write) errors.error(`'${info.name}' is a read handler`)
}

/** Calls it; a refusal is printed, since nothing in a packet may stop the router. */
export function callWrite(self: Caller, call: HandlerCall): void {
  try {
    self.router.writeHandler(call.path, call.value, self.name)
  } catch (error) {
    self.router.print(`While calling '${call.path}':\n  ${(error as Error).message}`)
  }
}
