// For contrast in bench-in-place: the same graph in Click's own driver, changed by its `hotconfig`
// handler. Its one thread reads and swaps the configuration while packets wait, so that the handler's
// answer takes as long as they do; then the rewriter's mappings are counted.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../lib/free-ports.ts'

/** IPv4 and UDP to 192.0.2.200:80; the source address is another for each packet. */
const PACKET =
  '\\<4500002e 00000000 40110000 0a010000 c00002c8 04d20050 001a0000 00000000 00000000 00000000 00000000 0000>'

/** The graph with made-up packets in place of ports. */
function selfContained(graph: string): string {
  const source = `InfiniteSource(DATA ${PACKET}, BURST 32) -> SetRandIPAddress(10.1.0.0/16)
  -> StoreIPAddress(12) -> SetIPChecksum
  -> EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02)`
  return graph
    .replace('in :: FromDevice(in)', source)
    .replace('ToDevice(out)', 'Discard')
    .replaceAll('Null', 'Paint(1)')
}

/** A connection to Click's ControlSocket. */
class Control {
  readonly #socket: Socket
  #text = ''
  #wake: (() => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      this.#text += data
      this.#wake?.()
    })
  }

  static async open(port: number): Promise<Control> {
    for (let n = 0; ; n++) {
      const socket = connect(port, '127.0.0.1')
      const there = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      if (there) {
        const control = new Control(socket)
        await control.#until(/^Click::ControlSocket[^\n]*\n/)
        return control
      }
      if (n === 100) throw new Error('Click does not listen')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async read(handler: string): Promise<string> {
    this.#socket.write(`READ ${handler}\n`)
    const head = await this.#until(/^200 [^\n]*\nDATA (\d+)\r\n/)
    const length = Number(/DATA (\d+)/.exec(head)?.[1] ?? 0)
    const value = await this.#until(new RegExp(`^[^]{${length}}`))
    return value.trim()
  }

  /** Milliseconds until it was answered. */
  async write(handler: string, value: string): Promise<number> {
    const from = performance.now()
    this.#socket.write(`WRITEDATA ${handler} ${value.length}\n${value}`)
    const answer = await this.#until(/^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/)
    if (!answer.startsWith('200')) throw new Error(`Click: ${answer}`)
    return performance.now() - from
  }

  close(): void {
    this.#socket.destroy()
  }

  async #until(what: RegExp): Promise<string> {
    for (;;) {
      const found = what.exec(this.#text)?.[0]
      if (found !== undefined) {
        this.#text = this.#text.slice(found.length)
        return found
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Prints what Click's hotconfig costs. @param graph the text with so many added elements */
export async function contrast(click: string, graph: (added: number) => string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'cu-in-place-'))
  const [port = 0] = await freePorts(1)
  const file = join(dir, 'v1.click')
  writeFileSync(file, selfContained(graph(0)))
  const child = spawn(click, ['-R', '-p', String(port), file], { stdio: 'ignore' })
  try {
    const control = await Control.open(port)
    const times: number[] = []
    let before = ''
    let after = ''
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      before = await control.read('rw.size')
      times.push(await control.write('hotconfig', selfContained(graph(n % 2 === 0 ? 5 : 0))))
      after = await control.read('rw.size')
    }
    times.sort((a, b) => a - b)
    const [least, median, most] = [times[0]!, times[2]!, times[4]!].map((ms) => ms.toFixed(2))
    console.log(
      `Click's hotconfig of the same graph: ${median} ms (${least} to ${most}); ` +
        `mappings before ${before}, right after ${after}`,
    )
    control.close()
  } finally {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
}
