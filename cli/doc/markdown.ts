// An element's documentation as a Markdown page, and the index of all pages.

import type { Block, Part } from './block.ts'
import { byCategory, type ElementDoc, type ElementText } from './elements.ts'
import { plainText, spansOf } from './inline.ts'
import { declaredParts } from './sections.ts'

/** @param linked names of the classes that have a page: where they are named, they are links */
export function markdownPage(doc: ElementDoc, linked: ReadonlySet<string>): string {
  const { name, block, declared } = doc
  const others = new Set(linked)
  others.delete(name)
  const out = [
    `# ${name}`,
    inline(block.summary, others),
    code(block.synopsis.map(plainText)),
    ...(block.deprecated === null ? [] : [`Deprecated: use ${inline(block.deprecated, others)}.`]),
    ...declaredParts(declared).map((part) => `- ${markdown([part], others)}`),
  ]
  for (const { title, parts } of block.sections)
    out.push(`## ${sentence(title)}`, markdown(parts, others))
  out.push(...handlers(block, others))
  if (block.seeAlso !== '') out.push('## See also', inline(block.seeAlso, others))
  return `${out.join('\n\n')}\n`
}

function handlers(block: Block, linked: ReadonlySet<string>): string[] {
  if (block.handlers.length === 0) return []
  const each = block.handlers.map(({ name, type, parts }) => {
    const text = markdown(parts, linked)
    return `- \`${name}\` (${type})${text === '' ? '' : `: ${indented(text)}`}`
  })
  return ['## Handlers', each.join('\n')]
}

function markdown(parts: readonly Part[], linked: ReadonlySet<string>): string {
  const texts = parts.map((part) => {
    if (part.kind === 'text') return inline(part.text, linked)
    if (part.kind === 'verbatim') return code(part.lines)
    if (part.kind === 'heading') return `### ${part.text}`
    return part.items
      .map(({ term, parts: inner }) => {
        const text = markdown(inner, linked)
        return `- **${escaped(plainText(term))}**${text === '' ? '' : `: ${indented(text)}`}`
      })
      .join('\n')
  })
  return texts.join('\n\n')
}

function code(lines: readonly string[]): string {
  return `\`\`\`\n${lines.join('\n')}\n\`\`\``
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ').replaceAll(/^ +$/gm, '')
}

function sentence(title: string): string {
  return title.slice(0, 1).toUpperCase() + title.slice(1).toLowerCase()
}

function inline(text: string, linked: ReadonlySet<string>): string {
  return spansOf(text)
    .map(({ style, text: shown, target }) => {
      if (style === 'code') return `\`${shown}\``
      if (style === 'link') return `[${escaped(shown)}](${target})`
      const plain = escaped(shown).replaceAll(/\b[A-Z]\w+(?:\(n\))?/g, (word) => {
        const name = word.replace(/\(n\)$/, '')
        return linked.has(name) ? `[${name}](${name}.md)` : word
      })
      if (style === 'bold') return `**${plain}**`
      return style === 'italic' ? `*${plain}*` : plain
    })
    .join('')
}

/** Characters that would be Markdown. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, '\\$&')
}

export function markdownIndex(docs: readonly ElementText[]): string {
  const out = ['# Element classes', `${docs.length} classes, by what they are for.`]
  for (const { title, docs: members } of byCategory(docs))
    out.push(
      `## ${title}`,
      members
        .map((d) => `- [${d.name}](${d.name}.md): ${inline(d.block.summary, new Set())}`)
        .join('\n'),
    )
  out.push('## All', docs.map((d) => `[${d.name}](${d.name}.md)`).join(' · '))
  return `${out.join('\n\n')}\n`
}
