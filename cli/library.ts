// Files of `require(library NAME)`: looked for as Click does, in the folders of CLICKPATH.

import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

export type Library = (name: string) => { filename: string; text: string } | null

/** @param clickpath folders with colons between; each may have the file in its folder `conf` */
export function libraryIn(clickpath: string): Library {
  const folders = clickpath.split(':').filter((folder) => folder !== '')
  return (name) => {
    const places = isAbsolute(name)
      ? [name]
      : folders.flatMap((folder) => [join(folder, 'conf', name), join(folder, name)])
    for (const filename of places) {
      const text = readText(filename)
      if (text !== null) return { filename, text }
    }
    return null
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return null
  }
}
