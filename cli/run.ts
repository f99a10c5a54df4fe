// `click-up run`: one dataplane on its own, with the options of Click's user-level driver.

import { readFileSync, writeFileSync } from 'node:fs'
import { Beside } from '../dataplane/beside.ts'
import { Chaos } from '../dataplane/chaos.ts'
import type { Classes } from '../dataplane/classes.ts'
import { machineClock, type RouterClock, SimulatedClock } from '../dataplane/clock.ts'
import type { HandedOver } from '../dataplane/hand-over.ts'
import type { AnyHandler } from '../dataplane/handlers.ts'
import type { Driver, DriverName } from '../dataplane/io/device.ts'
import { Loop } from '../dataplane/loop.ts'
import { writeAll } from '../dataplane/output.ts'
import type { Router } from '../dataplane/router.ts'
import { hasScripts } from '../dataplane/signals.ts'
import {
  Refused,
  replacement,
  type Standalone,
  type StandaloneOptions,
  standalone,
} from '../dataplane/standalone.ts'
import { configOf } from '../lib/click/archive.ts'
import { parseBool, parseInteger } from '../lib/click/args.ts'
import type { FlatElement } from '../lib/click/index.ts'
import { ClickUpError, type Finding } from '../lib/errors.ts'
import { POOL_FRAMES } from '../lib/limits.ts'
import { HOME } from '../lib/paths.ts'
import { systemMessage } from '../lib/system-message.ts'
import { libraryIn } from './library.ts'
import { printHandlers } from './run-handlers.ts'
import { OptionError, parseRunOptions, type RunOptions, UsageError } from './run-options.ts'

const HELP = `Usage: click-up run [OPTION]... [CONFIG] [NAME=VALUE]...
Runs a Click configuration as one dataplane of its own, without coordinator and agent.

  -f, --file FILE               Read the configuration from FILE ('-': standard input, the default).
  -e, --expression TEXT         Use TEXT as the configuration.
  -h, --handler ELEMENT.H       Print a read handler's value after the driver has stopped.
                                ELEMENT may be a pattern or a class.
  -x, --exit-handler ELEMENT.H  Take a read handler's value as exit status.
  -o, --output FILE             Write the configuration without compounds to FILE.
  -q, --quit                    Do not run the driver.
  -t, --time                    Print how long the driver ran.
  -p, --port PORT               Listen for control connections on TCP port PORT
                                (PORT+: or the next that is free).
  -u, --unix-socket FILE        Listen for control connections on a unix socket.
      --socket FD               Take the descriptor FD as an open control connection.
  -R, --allow-reconfigure       Provide the 'hotconfig' handler.
  -w, --no-warnings             Do not print warnings.
  -j, --threads N               Home threads may be 0 to N-1; one thread runs all.
      --driver NAME             What opens interfaces: 'packet' (AF_PACKET, the default: the kernel
                                sees the packets too) or 'xdp' (faster: the interface is ours).
      --chaos-upgrade N         Hand over to a fresh copy after every N packets or handler calls:
                                a test; results must not change.
      --simtime[=T]             Run in simulated time, from T seconds on.
  -C, --clickpath PATH          Look for required libraries in the folders of PATH
                                in place of CLICKPATH.
      --elements SOURCE         Take further element classes from a folder, or from an npm
                                package (npm:NAME); may be given several times.
      --help                    Print this and exit.
  -v, --version                 Print the version and exit.

Example: click-up run -e 'FromDump(in.pcap, STOP true) -> c :: Counter -> Discard' -h c.count
Exit status: 0, or 1 when the configuration or an option is wrong, or what -x says.
`

const shortHelp = (program: string) => `Usage: ${program} [OPTION]... [CONFIG]
Try '${program} --help' for more information.
`

function complain(line: string): void {
  writeAll(2, `${line}\n`)
}

/**
 * @param argv what came after `run`; returns the exit status
 * @param program how it was called, for messages
 */
export async function runCommand(argv: string[], program = 'click-up run'): Promise<number> {
  let options: RunOptions
  try {
    options = parseRunOptions(argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    complain(error instanceof OptionError ? `${program}: ${error.message}` : error.message)
    writeAll(2, shortHelp(program))
    return 1
  }
  if (options.show === 'help') writeAll(1, HELP)
  if (options.show === 'version') writeAll(1, `click-up ${packageVersion()}\n`)
  return options.show === null ? run(options) : 0
}

function packageVersion(): string {
  const file = new URL('../package.json', HOME)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

async function run(options: RunOptions): Promise<number> {
  const clock = options.simulated === null ? machineClock : new SimulatedClock(options.simulated)
  const driver = new ClickDriver(options, clock)
  const started = await driver.start()
  if (started === null) return 1
  let status = 0
  if (options.output !== null && !writeOutput(options.output, started.router)) status = 1
  if (!options.quit) await driver.run()
  else if (options.time) writeAll(1, NO_TIME)
  if (!printHandlers(options.handlers, () => driver.router, complain)) status = 1
  if (options.exitHandler !== null) status = exitStatus(options.exitHandler, driver.router)
  driver.close()
  return status
}

function writeOutput(file: string, router: Router): boolean {
  const text = router.readHandler('flatconfig')
  try {
    if (file === '-') writeAll(1, text)
    else writeFileSync(file, text, 'latin1')
    return true
  } catch (error) {
    complain(`${file}: ${systemMessage(error)}`)
    return false
  }
}

/** An integer, or a Boolean: true is success. */
function exitStatus(path: string, router: Router): number {
  try {
    const text = router.readHandler(path).trim()
    const bool = parseBool(text)
    const value = parseInteger(text) ?? (bool === null ? null : bool ? 0 : 1)
    if (value !== null) return value & 0xff
    complain('exit handler value should be integer')
  } catch (error) {
    complain((error as Error).message)
  }
  return 255
}

/** Click's driver: the running router, and those that replace it by `hotconfig`. */
class ClickDriver {
  readonly #options: RunOptions
  readonly #clock: RouterClock
  #current: Standalone | null = null
  #loop: Loop | null = null
  #chaos: Chaos | null = null
  /** Those of --elements. */
  #classes: Classes = new Map()
  /** A configuration that is being made ready to replace the running one. */
  #swap: Promise<boolean> | null = null
  #beside: Beside<HandedOver> | null = null
  /** The loop runs: it takes the steps of what is made ready. */
  #turning = false

  constructor(options: RunOptions, clock: RouterClock) {
    this.#options = options
    this.#clock = clock
  }

  /** To be asked for anew after each call of a handler. */
  get router(): Router {
    return this.#chaos?.rest() ?? this.#current!.router
  }

  /** Null: the configuration was refused, and the reasons have been printed. */
  async start(): Promise<Standalone | null> {
    const { file, expression } = this.#options
    const filename = expression !== null ? 'config' : file === '-' ? '<stdin>' : file
    let text = expression
    try {
      text ??= readFileSync(file === '-' ? 0 : file, 'latin1')
    } catch (error) {
      complain(`${filename}: ${readProblem(error as NodeJS.ErrnoException)}`)
      return null
    }
    // What Click's tools write may be an archive.
    const found = configOf(text)
    if (found === null) {
      complain(`${filename}: archive has no 'config' section`)
      return null
    }
    try {
      const { elements } = this.#options
      if (elements.length > 0)
        this.#classes = await (await import('./own-elements.ts')).loadOwn(elements)
      this.#current = await standalone(found.config, this.#setup(filename))
    } catch (error) {
      for (const line of reasons(error)) complain(line)
      return null
    }
    const { chaosUpgrade } = this.#options
    if (chaosUpgrade !== null) this.#chaos = new Chaos(chaosUpgrade, () => this.#current!)
    return this.#current
  }

  async run(): Promise<void> {
    const { driver, prepared } = this.#current!
    if (prepared.flat.elements.length === 0) {
      const { file, expression, warnings } = this.#options
      const where = expression !== null ? 'config' : file === '-' ? '<stdin>' : file
      if (warnings) complain(`warning: ${where}: configuration has no elements, exiting`)
      return
    }
    const before = { cpu: process.cpuUsage(), at: performance.now() }
    const stop = (signal: NodeJS.Signals) => {
      if (!hasScripts(signal)) this.router.stopNow()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    const { router } = this
    router.activate()
    const chaos = this.#chaos
    const turn = chaos === null ? null : () => chaos.turn()
    this.#loop = new Loop(router, driver, this.#clock, turn)
    do {
      this.#turning = true
      await this.#loop.run()
      this.#turning = false
    } while (await this.#swapped())
    process.off('SIGINT', stop).off('SIGTERM', stop)
    if (this.#options.time) writeAll(1, timeLine(before.cpu, performance.now() - before.at))
  }

  close(): void {
    const { router, driver } = this.#current!
    router.close()
    driver?.close()
  }

  #setup(filename: string): StandaloneOptions {
    const { defines, warnings, reconfigure, threads, driver } = this.#options
    return {
      threads,
      filename,
      classes: this.#classes,
      defines,
      warnings,
      clock: this.#clock,
      print: complain,
      extra: this.#controlSockets(),
      library: libraryIn(this.#options.clickpath ?? process.env.CLICKPATH ?? ''),
      globals: reconfigure ? { hotconfig: this.#hotconfig() } : {},
      openPorts: (names) => openPorts(names, driver),
    }
  }

  #controlSockets(): FlatElement[] {
    const { ports, unixSockets, sockets } = this.#options
    const all = [
      ...ports.map((port) => ['TCP', port]),
      ...unixSockets.map((file) => ['UNIX', file]),
      ...sockets.map((fd) => ['SOCKET', fd]),
    ]
    return all.map(([kind, address], n) => {
      const args = [kind!, address!]
      const name = `click_driver@@ControlSocket${n === 0 ? '' : `@${n}`}`
      return { name, className: 'ControlSocket', args, config: args.join(', '), where: 'click' }
    })
  }

  /** Replaces the router between two turns, when the new configuration is ready. */
  #hotconfig(): AnyHandler {
    return {
      write: (_self, text) => this.#hotswap(text),
    }
  }

  async #hotswap(text: string): Promise<void> {
    const swap = this.#replace(text)
    this.#swap = swap.then(
      () => true,
      () => false,
    )
    await swap
  }

  /** A router that stopped while its successor was made ready: true: that one runs now. */
  async #swapped(): Promise<boolean> {
    const swap = this.#swap
    this.#swap = null
    this.#beside?.finishNow()
    return swap !== null && (await swap) && !this.router.stopped
  }

  async #replace(text: string): Promise<void> {
    const running = this.#current!
    try {
      const steps = await replacement(text, this.#setup('config'), running)
      // One at a time: the next one takes the place of what this one has made.
      while (this.#beside !== null) await this.#beside.finished.catch(() => {})
      const beside = new Beside(running.router, steps)
      this.#beside = beside
      if (!this.#turning) beside.finishNow()
      await beside.finished
    } catch (error) {
      throw new Error(reasons(error).join('\n'))
    } finally {
      this.#beside = null
    }
  }
}

async function openPorts(names: readonly string[], driver: DriverName): Promise<Driver> {
  const { openDriver } = await import('../dataplane/io/open.ts')
  return openDriver({
    driver,
    netns: null,
    ports: names.map((name) => ({ name, interface: name })),
    frames: POOL_FRAMES,
  })
}

function readProblem(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? 'No such file or directory' : error.message
}

function findingLine({ where, message }: Finding): string {
  return where === '' ? message : `${where}: ${message}`
}

/** Why there is no router, as Click says it. */
function reasons(error: unknown): string[] {
  if (error instanceof Refused) {
    const lines = error.findings.map(findingLine)
    return error.stage === 'parse' ? lines : [...lines, 'Router could not be initialized!']
  }
  if (!(error instanceof ClickUpError)) throw error
  const hint = error.hint === '' ? [] : [`  ${error.hint}`]
  return [error.message, ...error.findings.map(findingLine), ...hint]
}

/** What -t says where the driver did not run. */
const NO_TIME = '0.000u 0.000s 0:00.00\n'

/** User and system time of the process, and the time that passed: `0.010u 0.000s 0:00.02`. */
function timeLine(before: NodeJS.CpuUsage, ms: number): string {
  const { user, system } = process.cpuUsage(before)
  const minutes = Math.floor(ms / 60_000)
  const seconds = ((ms % 60_000) / 1000).toFixed(2).padStart(5, '0')
  return `${(user / 1e6).toFixed(3)}u ${(system / 1e6).toFixed(3)}s ${minutes}:${seconds}\n`
}
