// Differences from Click that are wanted, each with its reason. Both outputs go through all of them,
// so each says only what is not compared.

interface Known {
  readonly reason: string
  /** Only where the configuration has this. */
  readonly config?: RegExp
  /** Only in this output: 'stdout', 'stderr', or a file's name. */
  readonly where?: RegExp
  readonly replace: readonly [pattern: RegExp, by: string]
}

export const KNOWN: readonly Known[] = [
  {
    reason: 'Packets have other room before and behind them, so others have to be copied.',
    where: /^stderr$/,
    replace: [/^expensive Packet::\w+; have \d+ wanted \d+\n/gm, ''],
  },
]

/** Output as it is compared. */
export function normalized(config: string, where: string, text: string): string {
  let result = text
  for (const { config: only, where: place, replace } of KNOWN) {
    if (only !== undefined && !only.test(config)) continue
    if (place !== undefined && !place.test(where)) continue
    result = result.replaceAll(replace[0], replace[1])
  }
  return result
}
