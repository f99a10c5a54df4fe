// The system-wide switch is on while it is needed, and never left on by an agent that is gone.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Expedited } from '../../../node-agent/expedited.ts'

function place(t: ExecutionContext, value: string) {
  const dir = mkdtempSync(join(tmpdir(), 'cu-rcu-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'switch')
  writeFileSync(file, value)
  const note = join(dir, 'note')
  const is = () => readFileSync(file, 'utf8').trim()
  return { note, file, is }
}

test('on while any work goes on, off after the last', async (t) => {
  const { note, file, is } = place(t, '0\n')
  const expedited = new Expedited(note, file)
  const ends: (() => void)[] = []
  const work = () => expedited.during(() => new Promise<void>((resolve) => ends.push(resolve)))
  const [first, second] = [work(), work()]
  t.is(is(), '1')
  t.true(existsSync(note))
  ends[0]!()
  await first
  t.is(is(), '1')
  ends[1]!()
  await second
  t.is(is(), '0')
  t.false(existsSync(note))
})

test('work that fails turns it off too', async (t) => {
  const { note, file, is } = place(t, '0')
  const expedited = new Expedited(note, file)
  await t.throwsAsync(expedited.during(() => Promise.reject(new Error('no'))))
  t.is(is(), '0')
})

test('what another has turned on stays on, and no note says that it was us', async (t) => {
  const { note, file, is } = place(t, '1')
  await new Expedited(note, file).during(async () => t.false(existsSync(note)))
  t.is(is(), '1')
})

test('the next agent turns off what a killed one left on', (t) => {
  const { note, file, is } = place(t, '0')
  void new Expedited(note, file).during(() => new Promise(() => {}))
  t.is(is(), '1')
  new Expedited(note, file)
  t.is(is(), '0')
  t.false(existsSync(note))
})

test('where there is no switch, the work is done all the same', async (t) => {
  const { note, file } = place(t, '0')
  t.is(await new Expedited(note, `${file}/none`).during(async () => 7), 7)
  t.false(existsSync(note))
})
