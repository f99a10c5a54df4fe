// Where Click's kernel module has its handlers: a folder for each element, one file a handler.

import { existsSync } from 'node:fs'
import { systemMessage } from '../../lib/system-message.ts'

const FOLDERS = ['/click', '/proc/click']

function folder(): string {
  return FOLDERS.find((name) => existsSync(name)) ?? FOLDERS[0]!
}

/** `element.handler`, or a global handler's name, with a point in front or without. */
function parts(name: string): { element: string; handler: string } {
  const dot = name.indexOf('.')
  return { element: name.slice(0, Math.max(0, dot)), handler: name.slice(dot + 1) }
}

/** Throws for a name that would lead out of the folder. */
export function kernelFile(name: string): string {
  const { element, handler } = parts(name)
  const path = element === '' ? handler : `${element}/${handler}`
  if (/(?:^|\/)\.{1,2}(?:\/|$)|\0/.test(path)) throw new Error(`'${name}' is not a handler's name`)
  const root = folder()
  // Newer modules keep handlers apart from elements within.
  const hidden = existsSync(`${root}/.h`) ? '.h/' : ''
  return element === '' ? `${root}/${hidden}${handler}` : `${root}/${element}/${hidden}${handler}`
}

/** What a file that cannot be used means. */
export function complaint(name: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  const { element } = parts(name)
  const root = folder()
  if (code === 'EACCES' || code === 'EPERM') return `Permission denied for '${name}'`
  if (code !== 'ENOENT' && code !== 'EISDIR')
    return `Handler '${name}' error: ${systemMessage(error)}`
  if (!existsSync(root)) return 'No router installed'
  if (element !== '' && !existsSync(`${root}/${element}`)) return `No element named '${element}'`
  return `No handler named '${name}'`
}
