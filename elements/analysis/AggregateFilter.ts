/*
=c

AggregateFilter(ACTION_1 AGGREGATES, ..., ACTION_N AGGREGATES)

=s aggregates

passes or drops packets by their aggregate annotation

=d

Each argument is an action and the aggregates that it is for. A packet is treated by the
first argument that has its aggregate annotation; one that no argument has is dropped.

An ACTION is the number of an output, C<allow>, which is output 0, or C<deny> or C<drop>.
AGGREGATES are numbers and ranges (C<0-98>), apart by blanks; C<all> or C<-> stands for
all. Aggregates that an earlier argument has already are warned of.

=e

  FromDump(in.pcap, STOP true, FORCE_IP true)
    -> AggregateIPFlows
    -> AggregateFilter(allow 1093 3500-3510)
    -> ToDump(flows.pcap);

=a AggregateIP, AggregateIPFlows, IPFilter
*/

import { type ConfigureContext, DROP, element } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'
import { actionOf, HIGHEST, type Ranges, RangesMaker } from '../lib/aggregate-ranges.ts'
import { aggregateOf } from '../lib/anno-words.ts'

export default element({
  name: 'AggregateFilter',
  ports: '1/1-254',
  processing: 'h/h',

  config: 'raw',

  configure(_config, context): Ranges {
    const maker = new RangesMaker()
    for (const [i, text] of context.args.entries()) takePattern(text, i, maker, context)
    return maker.done()
  },

  route(self, p) {
    return actionOf(self.plan, aggregateOf(p) >>> 0, DROP)
  },
})

function takePattern(text: string, i: number, maker: RangesMaker, context: ConfigureContext): void {
  const [first = '', ...words] = splitSpaces(text)
  const action = actionNumber(first)
  if (action === null) context.error(`pattern ${i}: expected a port number`)
  const before = maker.added
  if (words.length === 0) {
    context.error(`pattern ${i} has no aggregates`)
    return
  }
  let fine = true
  for (const word of words)
    if (!takeAggregates(word, i, words.length, action ?? DROP, maker, context)) fine = false
  if (fine && maker.added === before) context.warning(`pattern ${i} matches no packets`)
}

function actionNumber(word: string): number | null {
  if (word === 'allow') return 0
  if (word === 'deny' || word === 'drop') return DROP
  return /^\d+$/.test(word) ? Number(word) : null
}

/** False: the word stands for no aggregates. */
function takeAggregates(
  word: string,
  i: number,
  words: number,
  action: number,
  maker: RangesMaker,
  context: ConfigureContext,
): boolean {
  if ((word === 'all' || word === '-') && words === 1) {
    maker.add(0, HIGHEST, action)
    return true
  }
  const m = /^(\d+)(?:-(\d+))?$/.exec(word)
  const low = Number(m?.[1])
  const high = m?.[2] === undefined ? low : Number(m[2])
  if (m === null || high > HIGHEST || low > HIGHEST) {
    context.error(`pattern ${i}: bad aggregate number '${word}'`)
    return false
  }
  const taken = low <= high ? maker.add(low, high, action) : null
  if (taken === null) return true
  const how = taken.action < 0 ? 'dropped' : `filtered to output ${taken.action}`
  context.warning(`pattern ${i}: aggregate ${taken.at} already ${how}`)
  return true
}
