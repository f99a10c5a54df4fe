/*
=c

TokenBucketTest

=s test

tests token buckets

=d

Checks, when the configuration is initialised, that the token buckets of rated elements fill and empty as
they should, and says so. A mistake refuses the configuration.

=e

  TokenBucketTest

=a RatedUnqueue, NotifierTest
*/

import { element } from '../../dataplane/element.ts'
import { TokenRate } from '../lib/token-bucket.ts'

export default element({
  name: 'TokenBucketTest',
  ports: '0/0',
  config: {},

  initialize(_self, errors) {
    const wrong = [...fills(), ...empties(), ...bounds(), ...changes()].filter(([ok]) => !ok)
    for (const [, what] of wrong) errors.error(`test '${what}' failed`)
    if (wrong.length === 0) errors.message?.('All tests pass!')
  },
})

type Check = readonly [ok: boolean, what: string]

function bucketOf(tokens: number) {
  return { tokens, at: 0, started: 1 }
}

function fills(): Check[] {
  const rate = new TokenRate(1000, 100)
  const fresh = { tokens: 0, at: 0, started: 0 }
  rate.refill(fresh, 5)
  const slow = bucketOf(0)
  rate.refill(slow, 0.9)
  const none = rate.contains(slow, 1)
  rate.refill(slow, 10)
  return [
    [rate.contains(fresh, 100), 'a new bucket is full'],
    [!none, 'less than a millisecond brings nothing'],
    [rate.contains(slow, 10) && !rate.contains(slow, 11), '10 ms bring 10 of 1000 a second'],
  ]
}

function empties(): Check[] {
  const rate = new TokenRate(1000, 100)
  const bucket = { tokens: 0, at: 0, started: 0 }
  rate.refill(bucket, 0)
  rate.remove(bucket, 40)
  const sixty = rate.contains(bucket, 60) && !rate.contains(bucket, 61)
  const wait = rate.msUntil(bucket, 61)
  rate.remove(bucket, 1000)
  return [
    [sixty, '40 of 100 leave 60'],
    [wait === 1, 'the next comes in 1 ms'],
    [bucket.tokens === 0, 'never less than none'],
    [rate.msUntil(bucket, 50) === 50, '50 come in 50 ms'],
  ]
}

function bounds(): Check[] {
  const rate = new TokenRate(1000, 100)
  const bucket = bucketOf(0)
  rate.refill(bucket, 1e9)
  const idle = new TokenRate(0, 10)
  const empty = bucketOf(0)
  idle.refill(empty, 1e9)
  return [
    [rate.contains(bucket, 100) && !rate.contains(bucket, 101), 'never more than the capacity'],
    [rate.msUntil(bucket, 101) === Infinity, 'more than the capacity never comes'],
    [empty.tokens === 0 && idle.msUntil(empty, 1) === Infinity, 'rate 0 brings nothing'],
    [new TokenRate(1_000_000, 1).rate > 990_000, 'a millisecond fits in the bucket'],
  ]
}

function changes(): Check[] {
  const old = new TokenRate(1000, 100)
  const rate = new TokenRate(10, 1000)
  const bucket = { tokens: 0, at: 0, started: 0 }
  old.refill(bucket, 0)
  old.remove(bucket, 30)
  rate.adjust(bucket, old)
  return [[rate.contains(bucket, 70) && !rate.contains(bucket, 71), 'a new rate keeps tokens']]
}
