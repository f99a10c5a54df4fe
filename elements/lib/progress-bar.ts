// What a ProgressBar knows: its handlers, what they said, and since when.

import type { RouterServices } from '../../dataplane/element.ts'
import { cpUnquote, parseReal, splitSpaces } from '../../lib/click/args.ts'
import { type Progress, STALL_SECONDS } from './progress-text.ts'

export interface BarSetup {
  readonly banner: string
  readonly posHandlers: readonly string[]
  readonly sizeHandlers: readonly string[]
  /** Null: what the handlers say at first. */
  readonly size: number | null
  readonly active: boolean
}

export class ProgressState {
  active: boolean
  banner: string
  posHandlers: readonly string[]
  sizeHandlers: readonly string[]
  size: number | null
  pos = 0
  ended = false
  /** Milliseconds of the router's clock; -1: not begun. */
  #startMs = -1
  #lastMs = 0
  #stalledMs = 0
  readonly #fixedSize: number | null
  readonly #from: string

  constructor(setup: BarSetup, from: string) {
    this.active = setup.active
    this.banner = setup.banner
    this.posHandlers = setup.posHandlers
    this.sizeHandlers = setup.sizeHandlers
    this.size = setup.size
    this.#fixedSize = setup.size
    this.#from = from
  }

  /** Since when it is shown. The first call begins. */
  begin(router: RouterServices): number {
    if (this.#startMs < 0) {
      this.#startMs = router.nowMs
      this.#lastMs = router.nowMs
      this.size ??= this.#sum(this.sizeHandlers, router)
    }
    return this.#startMs
  }

  /** Looks where things are. */
  look(router: RouterServices): Progress {
    const start = this.begin(router)
    const pos = this.#sum(this.posHandlers, router)
    let stalled = (router.nowMs - this.#lastMs) / 1000
    if (pos !== null && pos > this.pos) {
      if (stalled >= STALL_SECONDS) this.#stalledMs += router.nowMs - this.#lastMs
      this.#lastMs = router.nowMs
      this.pos = pos
      stalled = 0
    }
    const elapsed = (router.nowMs - start - this.#stalledMs) / 1000
    const { banner, size, ended } = this
    const fraction = this.sizeHandlers.length === 0
    return { banner, pos, size, ended, fraction, elapsed, stalled }
  }

  /** Nothing more is expected. @param whole the end has been reached: the size is where it is now */
  end(whole: boolean, router: RouterServices): void {
    this.begin(router)
    this.ended = true
    if (whole) this.size = this.#sum(this.posHandlers, router) ?? this.size
  }

  reset(): void {
    this.active = true
    this.ended = false
    this.pos = 0
    this.size = this.#fixedSize
    this.#startMs = -1
    this.#stalledMs = 0
  }

  /** Null: there are none, or one says no number. */
  #sum(handlers: readonly string[], router: RouterServices): number | null {
    let sum: number | null = handlers.length > 0 ? 0 : null
    for (const path of handlers) {
      const value = parseReal(valueOfHandler(router, path, this.#from).trim())
      sum = value === null || sum === null ? null : sum + value
    }
    return sum
  }
}

/** '' where it fails: nothing in a bar may stop the router. */
function valueOfHandler(router: RouterServices, path: string, from: string): string {
  try {
    return router.readHandler(path, '', from)
  } catch {
    return ''
  }
}

export function handlerList(text: string): string[] {
  return splitSpaces(cpUnquote(text))
}

/** Throws where one of them cannot be read. */
export function checkHandlers(
  paths: readonly string[],
  router: RouterServices,
  from: string,
): void {
  for (const path of paths) {
    const info = router.findHandler(path, from)
    if (info.found === 'no element')
      throw new Error(`no element named '${path.slice(0, path.indexOf('.'))}'`)
    if (!info.read) throw new Error(`no '${path}' read handler`)
  }
}
