// Archives (ar(1)): a configuration with other files beside it, as Click's tools hand on to each
// other. The member `config` is the configuration. Text is latin1: a character is a byte.

/** One file of an archive. */
export interface Member {
  readonly name: string
  readonly data: string
}

const MAGIC = '!<arch>\n'
/** name, date, uid, gid, mode, size, and two characters that end it. */
const HEADER = 60
/** Longest name that fits a header. Longer ones stand in a table of names, the member `//`. */
const NAME_MAX = 15

export function isArchive(text: string): boolean {
  return text.startsWith('!')
}

/** Members in order; null: it is no archive, or cut short. */
export function parseArchive(text: string): Member[] | null {
  if (!text.startsWith(MAGIC)) return null
  const members: Member[] = []
  let names = ''
  for (let at = MAGIC.length; at < text.length; ) {
    const header = text.slice(at, at + HEADER)
    const size = /^\d+ *$/.test(header.slice(48, 58)) ? Number(header.slice(48, 58)) : -1
    if (header.length < HEADER || header.slice(58) !== '`\n' || size < 0) return null
    const start = at + HEADER
    if (start + size > text.length) return null
    const data = text.slice(start, start + size)
    at = start + size + (size % 2)
    const name = header.slice(0, 16).trimEnd()
    if (name === '//') names = data
    else if (/^\/\d+$/.test(name)) members.push({ name: longName(names, name), data })
    else if (name.startsWith('#1/')) members.push(bsdMember(name, data))
    else members.push({ name: name.replace(/\/$/, ''), data })
  }
  return members
}

function longName(names: string, reference: string): string {
  const from = Number(reference.slice(1))
  return (names.slice(from).split('\n')[0] ?? '').replace(/\/$/, '')
}

/** BSD's form: the name stands in front of the data. */
function bsdMember(name: string, data: string): Member {
  const length = Number(name.slice(3)) || 0
  const end = data.indexOf('\0')
  const to = end >= 0 && end < length ? end : length
  return { name: data.slice(0, to), data: data.slice(length) }
}

export function unparseArchive(members: readonly Member[]): string {
  let names = ''
  let body = ''
  for (const { name, data } of members) {
    let shown = `${name}/`
    if (name.length > NAME_MAX) {
      shown = `/${names.length}`
      names += `${name}/\n`
    }
    body += member(shown, data)
  }
  return MAGIC + (names === '' ? '' : member('//', names)) + body
}

/** Date, user and group are 0: the same input makes the same archive. */
function member(name: string, data: string): string {
  const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '644'.padEnd(8)]
  const padding = data.length % 2 === 1 ? '\n' : ''
  return `${fields.join('')}${String(data.length).padEnd(10)}\`\n${data}${padding}`
}

/** The configuration of a text that may be an archive; null: an archive without one. */
export function configOf(text: string): { config: string; others: readonly Member[] } | null {
  if (!isArchive(text)) return { config: text, others: [] }
  const members = parseArchive(text) ?? []
  const config = members.find((m) => m.name === 'config')
  if (config === undefined) return null
  return { config: config.data, others: members.filter((m) => m !== config) }
}
