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
  {
    reason: 'Packets have times in microseconds.',
    where: /^stderr$/,
    replace: [/\b(1\d{9}\.\d{6})\d{3}\b/g, '$1'],
  },
  {
    reason: 'Each element says it once; in Click, the first of all.',
    where: /^stderr$/,
    replace: [/^.* :: SetUDPChecksum: fragment or short packet\n/gm, ''],
  },
  {
    reason: 'Each table says so five times; in Click, all of a class together, some never.',
    where: /^stderr$/,
    replace: [/^\w+: no (?:route|gw) for .*\n/gm, ''],
  },
  {
    reason: 'Rates of a Meter are of packets: that they have no unit of bandwidth is no mistake.',
    config: /\bMeter\(/,
    where: /^stderr$/,
    replace: [/^ {2}warning: no units for bandwidth argument .*\n/gm, ''],
  },
  {
    reason: 'What is wrong with an argument is said with the argument and what it should be.',
    where: /^stderr$/,
    replace: [/^( *\w+): (?:invalid number|parse error.*|type mismatch.*)$/gm, '$1: wrong'],
  },
  {
    reason: 'More bytes to be stripped than there are: nothing is printed about each packet.',
    where: /^stderr$/,
    replace: [/^Packet::\w+ \d+ > length \d+\n/gm, ''],
  },
  {
    reason: 'That a pattern can never match is found by other ways: of hard cases more, or fewer.',
    where: /^stderr$/,
    replace: [/^ {2}warning: (?:output|pattern) \d+ matches no packets\n/gm, ''],
  },
  {
    reason: 'The head of messages that were all left out.',
    where: /^stderr$/,
    replace: [/^config:\d+: While configuring .*\n(?! {2})/gm, ''],
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
