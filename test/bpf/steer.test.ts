// The steering program as a function: a frame in, verdict and counters out. Every frame of the
// table also goes through lib/steer.ts, which must agree on the bucket.

import test from 'ava'
import fc from 'fast-check'
import {
  STEER_ARP_REPLY,
  STEER_FENCE,
  STEER_KEYS,
  STEER_NON_IP,
  STEER_TRUNCATED,
  type SteerKeyName,
  steerBucket,
} from '../../lib/steer.ts'
import type { Reason } from '../../node-agent/steering/steering.ts'
import { FRAMES, type FrameCase, garbageFrame } from './cases.ts'
import { bpfSkip, type Outcome, SteerProgram } from './programs.ts'

const skip = bpfSkip()
const bpf = skip === null ? test.serial : test.skip
const title = (text: string) => (skip === null ? text : `${text} (skipped: needs ${skip})`)
const LOG2 = 10

const NO_BUCKET: Readonly<Record<number, { verdict: string; reason: Reason }>> = {
  [STEER_NON_IP]: { verdict: 'REDIRECT', reason: 'non_ip_primary' },
  [STEER_ARP_REPLY]: { verdict: 'REDIRECT', reason: 'arp_reply_all' },
  [STEER_TRUNCATED]: { verdict: 'REDIRECT', reason: 'truncated' },
  [STEER_FENCE]: { verdict: 'DROP', reason: 'fence' },
}

/** What the program must have done with a frame, going by lib/steer.ts; null: it did. */
function disagreement(
  got: Outcome,
  frame: Uint8Array,
  key: SteerKeyName,
  log2: number = LOG2,
): string | null {
  const want = steerBucket(frame, 0, frame.length, STEER_KEYS[key], log2)
  const said = `${got.verdict} ${got.reasons.join('+')} bucket ${got.bucket}`
  if (want >= 0) {
    const right = got.verdict === 'REDIRECT' && got.reasons.includes('redirected')
    return right && got.bucket === want ? null : `${said}; steer.ts: bucket ${want}`
  }
  const { verdict, reason } = NO_BUCKET[want]!
  const right = got.verdict === verdict && got.reasons.join() === reason && got.bucket === -1
  return right ? null : `${said}; steer.ts: ${verdict} ${reason}`
}

function withProgram(
  key: SteerKeyName,
  run: (program: SteerProgram) => void,
  log2: number = LOG2,
): void {
  const program = new SteerProgram(key, log2)
  try {
    run(program)
  } finally {
    program.close()
  }
}

bpf(title('each frame of the table: verdict, reasons, and the bucket of its twin'), (t) => {
  withProgram('flow', (program) => {
    for (const c of FRAMES) {
      const got = program.run(c.frame)
      t.is(got.verdict, c.verdict, c.name)
      t.deepEqual([...got.reasons].sort(), [...c.reasons].sort(), c.name)
      t.is(disagreement(got, c.frame, 'flow'), null, c.name)
      if (c.same !== undefined) t.is(got.bucket, program.run(c.same).bucket, `${c.name}: same`)
    }
  })
})

for (const key of Object.keys(STEER_KEYS) as SteerKeyName[]) {
  bpf(title(`key ${key}: agrees with lib/steer.ts on every frame of the table`), (t) => {
    withProgram(key, (program) => {
      for (const c of FRAMES)
        t.is(disagreement(program.run(c.frame), c.frame, key), null, `${key}: ${c.name}`)
    })
  })
}

bpf(title('a frame cut at every byte is never read beyond its end'), (t) => {
  withProgram(
    'flow',
    (program) => {
      for (const c of FRAMES)
        for (let length = 14; length < c.frame.length; length++) {
          const cut = c.frame.slice(0, length)
          t.is(disagreement(program.run(cut), cut, 'flow', 6), null, `${c.name} cut to ${length}`)
        }
    },
    6,
  )
})

bpf(title('what lies behind the end of a cut frame changes nothing'), (t) => {
  // The kernel's buffer behind the data holds the last frame: a read beyond would see its ports.
  withProgram(
    'flow',
    (program) => {
      for (const c of FRAMES.filter((f) => f.reasons.includes('redirected')))
        for (let length = 14; length < c.frame.length; length += 3) {
          const cut = c.frame.slice(0, length)
          program.run(c.frame.map((b) => b ^ 0xff))
          const first = program.run(cut)
          program.run(c.frame)
          t.deepEqual(program.run(cut), first, `${c.name} cut to ${length}`)
        }
    },
    6,
  )
})

bpf(title('random and damaged frames: BPF and TypeScript agree'), (t) => {
  withProgram('flow', (program) => {
    fc.assert(
      fc.property(garbageFrame(), (frame) => {
        const wrong = disagreement(program.run(frame), frame, 'flow')
        if (wrong !== null) throw new Error(wrong)
      }),
      { numRuns: 4000, seed: 1 },
    )
  })
  t.pass()
})

bpf(title('nobody owns the bucket, or its owner has no interface: dropped and counted'), (t) => {
  const tcp: FrameCase = FRAMES[0]!
  const arpRequest = FRAMES.find((c) => c.reasons.includes('non_ip_primary'))!
  withProgram('flow', (program) => {
    const bucket = program.run(tcp.frame).bucket
    const owners = new Uint32Array((1 << LOG2) + 1)
    owners[bucket] = 0xffffffff
    program.setOwners(owners)
    const dropped = { verdict: 'DROP', reasons: ['no_owner'], bucket } as const
    t.deepEqual(program.run(tcp.frame), dropped)
    t.is(program.run(arpRequest.frame).verdict, 'REDIRECT', 'the primary is there')

    owners[bucket] = 5
    owners[1 << LOG2] = 0xffffffff
    program.setOwners(owners)
    t.deepEqual(program.run(tcp.frame), dropped, 'slot 5 has no interface')
    program.setSlot(5, true)
    t.is(program.run(tcp.frame).verdict, 'REDIRECT')
    t.deepEqual(program.run(arpRequest.frame).reasons, ['no_owner'], 'no primary')
  })
})

bpf(title('the verifier refuses nothing from 2 to 65,536 buckets'), (t) => {
  for (const log2 of [1, 16]) {
    const program = new SteerProgram('flow', log2)
    const { frame } = FRAMES[0]!
    t.is(program.run(frame).bucket, steerBucket(frame, 0, frame.length, STEER_KEYS.flow, log2))
    program.close()
  }
})
