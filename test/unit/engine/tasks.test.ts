import test from 'ava'
import { TaskList, TimerList } from '../../../dataplane/tasks.ts'

test('tasks run in the order of asking, and stay while they have work', (t) => {
  const ran: number[] = []
  const left = [0, 2, 0, 1]
  const tasks = new TaskList(4, (i) => {
    ran.push(i)
    return left[i]!-- > 0
  })
  for (const i of [3, 1, 2, 1]) tasks.schedule(i)
  t.true(tasks.runTurn())
  t.deepEqual(ran, [3, 1, 2, 3, 1, 1])
  t.is(tasks.pending, 0)
  t.false(tasks.runTurn())
})

test('a task that never ends leaves the turn after a while', (t) => {
  let n = 0
  const tasks = new TaskList(1, () => ++n > 0)
  tasks.schedule(0)
  t.true(tasks.runTurn())
  t.is(tasks.pending, 1)
  t.true(n > 1 && n < 1000)
})

test('unschedule takes one out and keeps the order of the others', (t) => {
  const ran: number[] = []
  const tasks = new TaskList(3, (i) => {
    ran.push(i)
    return false
  })
  for (const i of [0, 1, 2]) tasks.schedule(i)
  tasks.unschedule(1)
  tasks.runTurn()
  t.deepEqual(ran, [0, 2])
  t.false(tasks.isScheduled(1))
})

test('timers fire in order of time, then of setting; a later set replaces an earlier one', (t) => {
  const fired: number[] = []
  const timers = new TimerList(4, (i) => void fired.push(i))
  timers.set(0, 30)
  timers.set(1, 10)
  timers.set(2, 10)
  timers.set(3, 20)
  timers.set(0, 5)
  t.is(timers.next, 5)
  timers.set(3, -1)
  t.true(timers.runTurn(15))
  t.deepEqual(fired, [0, 1, 2])
  t.is(timers.next, Infinity)
})

test('a timer that is set again while it fires waits for the next turn', (t) => {
  let n = 0
  const timers: TimerList = new TimerList(1, (i) => {
    n++
    timers.set(i, 0)
  })
  timers.set(0, 0)
  timers.runTurn(100)
  t.is(n, 1)
  t.is(timers.next, 0)
  timers.runTurn(100)
  t.is(n, 2)
})
