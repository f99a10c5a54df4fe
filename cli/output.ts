// What commands print: text for people, or JSON, one object a line, for programs. Results go to
// stdout; errors of text mode to stderr.

import { ClickUpError, DEFECT_HINT, messageOf } from '../lib/errors.ts'
import { EXIT, exitCode } from './exit.ts'

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Prints an error with all its findings and sets the exit status. */
export function fail(cause: unknown, json: boolean): void {
  const error =
    cause instanceof ClickUpError
      ? cause
      : new ClickUpError('INTERNAL', messageOf(cause), DEFECT_HINT)
  process.exitCode = exitCode(error.code)
  const { code, message, hint, findings } = error
  if (json) {
    printJson({ ok: false, code, message, hint, findings })
    return
  }
  const lines = [`click-up: ${message} [${code}]`]
  for (const { where, message: what } of findings)
    lines.push(indented(where === '' ? what : `${where}: ${what}`))
  if (hint !== '') lines.push(`  hint: ${hint}`)
  process.stderr.write(`${lines.join('\n')}\n`)
  if (code === 'INTERNAL' && cause instanceof Error) process.stderr.write(`${cause.stack}\n`)
}

function indented(text: string): string {
  return `  ${text.replaceAll('\n', '\n  ')}`
}

/** The command line itself is wrong: status 2, and `--help` says what would be right. */
export function failUsage(text: string, json: boolean): void {
  process.exitCode = EXIT.usage
  const message = text
    .replace(/^error: /, '')
    .trimEnd()
    .replaceAll('\n', ' ')
  const hint = 'see --help, also of each command'
  if (json) printJson({ ok: false, code: 'USAGE', message, hint, findings: [] })
  else process.stderr.write(`click-up: ${message}\n  hint: ${hint}\n`)
}

/**
 * Whoever read the output may go before it ends (`| head`). A command then ends without a word; one
 * that serves goes on, for others depend on it.
 */
export function outliveReaders(serving: boolean): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EPIPE') throw cause
      if (!serving) process.exit()
    })
}

/** A table with columns as wide as needed; the first row is its head. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
}

export function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`
  if (bytes < 10_000_000) return `${(bytes / 1e3).toFixed(1)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function msText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : `${Math.round(ms)} ms`
}
