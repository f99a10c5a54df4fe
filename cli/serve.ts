// For the commands that go on until they are told to stop: SIGTERM or SIGINT closes in order, a
// second one ends the process at once.

export interface Closable {
  close(): Promise<void>
}

/** Resolves when everything is closed. */
export function untilSignal(running: Closable): Promise<void> {
  return new Promise((resolve, reject) => {
    let closing = false
    const stop = () => {
      if (closing) process.exit(1)
      closing = true
      running.close().then(resolve, reject)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}

/** Parser of an option with a TCP port. `Wrong` is commander's error for arguments. */
export function port(Wrong: new (message: string) => Error): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < 0 || number > 65_535)
      throw new Wrong('a port is a number from 0 to 65535')
    return number
  }
}
