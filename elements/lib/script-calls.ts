// Handlers that a script calls, and what it says of those that fail.

import type { RouterServices } from '../../dataplane/element.ts'
import { takeWord } from '../../lib/click/args.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { HandlerFailure, indented, type ScriptErrors } from './script-errors.ts'

/** What a script needs of its element. */
export interface ScriptSelf {
  readonly name: string
  readonly className: string
  readonly router: RouterServices
  timerAt(ms: number): void
}

export class ScriptCalls {
  readonly #self: () => ScriptSelf
  readonly #errors: ScriptErrors

  constructor(self: () => ScriptSelf, errors: ScriptErrors) {
    this.#self = self
    this.#errors = errors
  }

  nameOf(path: string): string {
    return this.#find(path).name
  }

  #find(path: string) {
    const { router, name } = this.#self()
    return router.findHandler(path, name)
  }

  #readHandler(path: string, arg: string): string {
    const { router, name } = this.#self()
    return router.readHandler(path, arg, name)
  }

  /** Throws where there is no such handler. */
  require(path: string, what: 'read' | 'write'): void {
    if (path === '') throw new Error('syntax error')
    const info = this.#find(path)
    const element = path.slice(0, Math.max(0, path.indexOf('.')))
    if (info.found === 'no element') throw new Error(`no element named '${element}'`)
    if (!info[what]) throw new Error(`no '${path}' ${what} handler`)
  }

  /** A handler's value; what the handler itself says is told with its name. */
  read(path: string, arg: string): string {
    this.require(path, 'read')
    try {
      return this.#readHandler(path, arg)
    } catch (error) {
      if (isNotFound(error)) throw error
      this.sayCalling(path, arg, error)
      return valueIn(error)
    }
  }

  sayCalling(path: string, arg: string, error: unknown): void {
    const call = arg === '' ? this.nameOf(path) : `${this.nameOf(path)} ${arg}`
    const { message } = error as Error
    if (message !== '') this.#errors.say(`While calling '${call}':\n${indented(message)}`)
  }

  /** The value of `$(HANDLER ARGS)`; null: there is no such handler. */
  value(text: string): string | null {
    const { word, rest } = takeWord(text)
    let isThere = false
    try {
      this.require(word, 'read')
      isThere = true
      return this.#readHandler(word, rest)
    } catch (error) {
      const { message } = error as Error
      if (message !== '') this.#errors.say(message)
      return isThere && !isNotFound(error) ? valueIn(error) : null
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ClickUpError && error.code === 'NOT_FOUND'
}

function valueIn(error: unknown): string {
  return error instanceof HandlerFailure ? error.value : ''
}
