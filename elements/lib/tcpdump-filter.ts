// A filter expression of tcpdump as a program of classic BPF: tcpdump itself compiles it.

import { spawnSync } from 'node:child_process'

/** Throws where the expression is wrong, or the program is missing. */
export function tcpdumpFilter(expression: string): Uint32Array {
  const args = ['-ddd', '-y', 'EN10MB', expression]
  const { error, status, stdout, stderr } = spawnSync('tcpdump', args, { encoding: 'latin1' })
  if (error !== undefined)
    throw new Error(`BPF_FILTER needs the program 'tcpdump': ${error.message}`)
  if (status !== 0) throw new Error(`BPF_FILTER: ${stderr.trim().replace(/^tcpdump: /, '')}`)
  const [count, ...words] = stdout.split(/\s+/).filter((word) => word !== '')
  if (words.length !== Number(count) * 4) throw new Error('BPF_FILTER: tcpdump printed no program')
  return Uint32Array.from(words, Number)
}
