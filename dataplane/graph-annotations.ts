// Names of annotations, as AnnotationInfo elements define them: `AnnotationInfo(COLOUR 20 1)`. They
// are kept as text that parseAnnotation (lib/click/annotations.ts) reads: '=OFFSET/SIZE'.

import {
  ANNO_BYTES,
  type Annotation,
  parseAnnotation,
  parseInteger,
  splitSpaces,
} from '../lib/click/args.ts'

/** Text that a name stands for; null: it is not defined. */
export type AnnotationNames = (name: string) => string | null

function annotationOf(text: string, names: AnnotationNames): Annotation | null {
  return parseAnnotation(text) ?? parseAnnotation(names(text) ?? '')
}

/** Defines the names of an element's arguments; what is wrong goes to `error`. */
export function defineAnnotations(
  args: readonly string[],
  names: AnnotationNames,
  define: (name: string, text: string) => void,
  error: (message: string) => void,
): void {
  for (const arg of args) {
    const [name, offset, size, ...more] = splitSpaces(arg)
    if (name === undefined || name.startsWith('#') || name === 'CHECK_OVERLAP') continue
    const anno = annotationOf(offset ?? '', names)
    const bytes = size === undefined ? 0 : parseInteger(size)
    if (!/^[A-Za-z_]\w*$/.test(name) || parseAnnotation(name) !== null) error(`bad NAME '${name}'`)
    else if (anno === null || bytes === null || !fits(anno, bytes) || more.length > 0)
      error(`bad entry for '${name}'`)
    else define(name, `=${anno.offset}/${bytes}`)
  }
}

function fits(anno: Annotation, bytes: number): boolean {
  const same = bytes === 0 || anno.size === 0 || bytes === anno.size
  return bytes >= 0 && anno.offset + bytes <= ANNO_BYTES && same
}

/** Checks the CHECK_OVERLAP arguments of an element, once all names are known. */
export function checkOverlaps(
  args: readonly string[],
  names: AnnotationNames,
  error: (message: string) => void,
): void {
  for (const arg of args) {
    const [keyword, ...listed] = splitSpaces(arg)
    if (keyword !== 'CHECK_OVERLAP') continue
    const known: { name: string; anno: Annotation }[] = []
    for (const name of listed) {
      const anno = annotationOf(name, names)
      if (anno === null) error(`bad ANNO '${name}'`)
      else known.push({ name, anno })
    }
    known.forEach((a, i) => {
      for (const b of known.slice(i + 1))
        if (overlap(a.anno, b.anno)) error(`annotations '${a.name}' and '${b.name}' conflict`)
    })
  }
}

/** An annotation whose size is not said has one byte at least. */
function overlap(a: Annotation, b: Annotation): boolean {
  const end = (anno: Annotation) => anno.offset + Math.max(1, anno.size)
  return a.offset < end(b) && b.offset < end(a)
}
