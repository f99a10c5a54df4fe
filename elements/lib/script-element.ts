// What Script and DriverManager have in common: all but the name, the documentation and the type.

import { readFileSync } from 'node:fs'
import { type AnyElement, element, type HandlerDecl } from '../../dataplane/element.ts'
import { offSignal, onSignal, raise } from '../../dataplane/signals.ts'
import { cpQuote, cpUnquote, parseInteger, splitSpaces, takeWord } from '../../lib/click/args.ts'
import { FUNCTIONS } from './script-functions.ts'
import { parseScript, type ScriptProgram, type ScriptType, signalName } from './script-parse.ts'
import { ScriptRun, type ScriptSelf } from './script-run.ts'

interface Running {
  readonly script: ScriptRun
  /** Undoes the installation for signals. */
  readonly uninstall: () => void
}

interface Me extends ScriptSelf {
  readonly plan: ScriptProgram
  readonly resource: Running
}

export function scriptElement(name: string, defaultType: ScriptType | 'by ports'): AnyElement {
  return element({
    name,
    ports: '-/-',
    processing: 'a/ah',
    config: 'raw',
    local: 'where a script is belongs to this run of the router: a new one starts anew',

    configure(_config, context): ScriptProgram {
      const ports = context.ninputs + context.noutputs
      const fallback = defaultType !== 'by ports' ? defaultType : ports > 0 ? 'PACKET' : 'ACTIVE'
      const program = parseScript(context.args, fallback, (message) => context.error(message))
      if (program.type === 'PACKET' && context.ninputs === 0)
        context.error('PACKET script must have inputs')
      else if (program.type !== 'PACKET' && ports > 0)
        context.error('ports allowed only on PACKET scripts')
      return program
    },

    open(self): Running {
      const script = new ScriptRun(self, self.plan)
      const { signals } = self.plan
      const run = (): boolean => {
        script.onSignal()
        return script.ended
      }
      for (const signal of signals) onSignal(signal, run)
      const uninstall = () => {
        for (const signal of signals) offSignal(signal, run)
      }
      return { script, uninstall }
    },

    initialize(self, errors) {
      if (self.plan.type === 'DRIVER') self.router.manageStops(self.name)
      self.resource.script.start((text) => (errors.message ?? errors.warning)(text))
    },

    adopt(self, old) {
      old.resource.script.moveTo(self, self.plan)
      return old.resource
    },

    close(self) {
      self.resource.uninstall()
    },

    timer(self) {
      self.resource.script.onTimer()
    },

    push(self, port, p) {
      const out = outputOf(self, port)
      if (out >= 0 && out < self.noutputs) self.out[out]!(p)
      else self.kill(p)
    },

    pull(self) {
      const p = self.in[0]?.() ?? null
      if (p === null) return null
      const out = outputOf(self, 0)
      if (out === 0) return p
      if (out > 0 && out < self.noutputs) self.out[out]!(p)
      else self.kill(p)
      return null
    },

    handlers: {
      step: { write: (self: Me, value) => self.resource.script.stepBy(value.trim()) },
      goto: { write: (self: Me, value) => self.resource.script.jump(value.trim()) },
      run: {
        read: (self: Me, arg) => self.resource.script.run('run', arg, false),
        write: (self: Me, value) => void self.resource.script.run('run', value, true),
      },
      set: {
        write(self: Me, value) {
          const { word, rest } = takeWord(value)
          self.resource.script.set(word, rest)
        },
      },
      get: { read: (self: Me, arg) => self.resource.script.get(onlyWord(arg)) },
      shift: { read: (self: Me, arg) => shift(self.resource.script, arg) },
      now: { read: (self: Me) => (self.router.nowUs / 1e6).toFixed(6) },
      readable: { read: (self: Me, arg) => every(self, arg, 'read') },
      writable: { read: (self: Me, arg) => every(self, arg, 'write') },
      cat: { private: true, read: (_self: Me, arg) => readFile(arg) },
      catq: { private: true, read: (_self: Me, arg) => cpQuote(readFile(arg)) },
      kill: { private: true, read: (_self: Me, arg) => kill(arg) },
      ...functionHandlers(),
      '*': {
        has(self: Me, name) {
          if (self.plan.type === 'PROXY') return true
          return self.resource.script.isExported(name) ? 'read' : false
        },
        read: otherRead,
        write: otherWrite,
      },
    },
  })
}

function functionHandlers(): Record<string, HandlerDecl<Me>> {
  return Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, compute]) => [
      name,
      { read: (self: Me, arg: string) => compute(arg, () => self.router.random()) },
    ]),
  )
}

/** The output that a packet script chose; -1: none. */
function outputOf(self: Me, port: number): number {
  return parseInteger(self.resource.script.runForPacket(port) ?? '') ?? -1
}

/** Exported variables, and every name of a PROXY script. */
function otherRead(self: Me, arg: string, name: string): string {
  const { script } = self.resource
  if (script.isExported(name)) return script.get(name)
  return script.run(name, arg, false)
}

function otherWrite(self: Me, value: string, name: string): void {
  self.resource.script.run(name, value, true)
}

function onlyWord(text: string): string {
  const words = splitSpaces(text)
  if (words.length === 0) throw new Error('no variable')
  if (words.length > 1) throw new Error('too many arguments')
  return words[0]!
}

/** Takes the first word off a variable. */
function shift(script: ScriptRun, arg: string): string {
  const name = arg.trim() === '' ? 'args' : onlyWord(arg)
  const { word, rest } = takeWord(script.get(name))
  script.set(name, rest)
  return word
}

function every(self: Me, arg: string, what: 'read' | 'write'): string {
  const paths = splitSpaces(arg)
  return String(paths.every((path) => self.router.findHandler(path, self.name)[what]))
}

function readFile(arg: string): string {
  const file = cpUnquote(arg)
  if (file === '') throw new Error('bad FILE')
  return readFileSync(file, 'latin1')
}

function kill(arg: string): string {
  const [word = '', ...pids] = splitSpaces(arg)
  const signal = signalName(word)
  if (signal === null) throw new Error('bad SIGNO')
  for (const text of pids) {
    const pid = parseInteger(text)
    if (pid === null) throw new Error('bad PID')
    if (pid !== process.pid || !raise(signal)) process.kill(pid, signal)
  }
  return ''
}
