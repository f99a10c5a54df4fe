import test from 'ava'
import { type Progress, progressLine } from '../../../../elements/lib/progress-text.ts'

const BASE: Progress = {
  banner: '',
  pos: 0,
  size: null,
  ended: false,
  fraction: false,
  elapsed: 0,
  stalled: 0,
}

test('a known size: percent, bar, position, time that is left', (t) => {
  const line = progressLine({ ...BASE, pos: 23_874_560, size: 32_000_000, elapsed: 3 }, 60)
  t.regex(line, /^ 74% \|\*+ +\| 23315KB {4}00:01 ETA$/)
  t.is(line.length, 57)
})

test('an unknown size: a mark that swings; an end without one', (t) => {
  t.regex(progressLine({ ...BASE, pos: 5_000_000 }, 60), /^\| +\*\*\* +\| {2}4882KB {4}--:-- ETA$/)
  t.regex(progressLine({ ...BASE, pos: 5, ended: true, elapsed: 61 }, 60), /^\|-+\|.* 01:01 {4}$/)
})

test('nothing moves, nothing is known', (t) => {
  t.regex(progressLine({ ...BASE, pos: 1, size: 10, elapsed: 9, stalled: 6 }, 60), / - stalled -$/)
  t.regex(progressLine({ ...BASE, pos: null, size: 10 }, 60), /^ {2}-% \|-+\| ----- .*--:-- ETA$/)
  t.regex(progressLine({ ...BASE, pos: 5, size: 10, fraction: true, elapsed: 1 }, 30), /^ 50% \|/)
})
