// The addon's BPF functions: what they refuse and how they say it, and that nothing leaks.

import { readdirSync } from 'node:fs'
import test from 'ava'
import { isNativeError, native, nativeFile } from '../../dataplane/native/native.ts'
import { Lab, rootSkip } from '../lab/netns.ts'
import { bpfSkip } from './programs.ts'

const skip = rootSkip() ?? bpfSkip()
const real = skip === null ? test.serial : test.skip
const title = (text: string) => (skip === null ? text : `${text} (skipped: needs ${skip})`)

const STEER = nativeFile('steer.bpf.o')
const EGRESS = nativeFile('egress.bpf.o')
const loadEgress = () => native().bpfLoad(EGRESS, {}, {}, {}, {})

/** Code, system call and place of what `fn` throws. */
function failure(fn: () => unknown): string {
  try {
    fn()
    return 'nothing'
  } catch (error) {
    if (!isNativeError(error)) return String(error)
    return `${error.code} ${error.syscall} ${error.where}`
  }
}

real(title('a file, map, constant or program that is not there is named'), (t) => {
  const n = native()
  t.is(
    failure(() => n.bpfLoad('/no/such.o', {}, {}, {}, {})),
    'ENOENT bpf_object__open /no/such.o',
  )
  t.is(
    failure(() => n.bpfLoad(STEER, { nosuch: 1 }, {}, {}, {})),
    'ENOENT bpf settings nosuch',
  )
  t.is(
    failure(() => n.bpfLoad(STEER, {}, { nosuch: 1 }, {}, {})),
    'ENOENT bpf settings nosuch',
  )
  t.is(
    failure(() => n.bpfLoad(STEER, {}, {}, { reasons: 1 }, {})),
    'EINVAL bpf settings reasons',
  )
  const object = loadEgress()
  t.is(
    failure(() => n.bpfMapFd(object, 'nosuch')),
    'ENOENT bpf map nosuch',
  )
  t.is(
    failure(() => n.bpfProgramFd(object, 'nosuch')),
    'ENOENT bpf program nosuch',
  )
  n.bpfClose(object)
  t.is(
    failure(() => n.bpfProgramFd(object, 'cu_egress')),
    'ENOENT bpf program cu_egress',
    'closed',
  )
  t.notThrows(() => n.bpfClose(object))
})

real(title("what the kernel refuses to load: libbpf's words are in the message"), (t) => {
  // A map that is reused must be like the declared one; this one is an array, not a devmap.
  const n = native()
  const fd = n.bpfArrayCreate('wrong', 4, 1)
  const error = t.throws(() => n.bpfLoad(EGRESS, {}, {}, {}, { wire: fd }))
  t.regex(error!.message, /libbpf: .*cu_egress|cannot pass map_type/)
  n.closeFd(fd)
})

real(title('keys and values of the wrong size are refused, never read beyond'), (t) => {
  const n = native()
  const fd = n.bpfArrayCreate('array', 8, 4)
  const key = Uint32Array.of(3)
  t.is(
    failure(() => n.bpfMapUpdate(fd, key, Uint32Array.of(1), 'x')),
    'EINVAL bpf(MAP_UPDATE_ELEM) x',
  )
  t.regex(
    failure(() => n.bpfMapLookup(fd, Uint8Array.of(3), new Uint8Array(8))),
    /^EINVAL/,
  )
  t.regex(
    failure(() => n.bpfArrayRead(fd, new Uint8Array(31))),
    /^EINVAL/,
  )
  t.regex(
    failure(() => n.bpfArrayRead(99999, new Uint8Array(32))),
    /^EBADF/,
  )
  n.bpfMapUpdate(fd, key, Float64Array.of(2.5), 'x')
  const value = new Float64Array(1)
  t.true(n.bpfMapLookup(fd, key, value))
  t.is(value[0], 2.5)
  t.false(n.bpfMapLookup(fd, Uint32Array.of(4), value))
  const all = new Float64Array(4)
  n.bpfArrayRead(fd, all)
  t.deepEqual([...all], [0, 0, 0, 2.5])
  n.bpfArrayWrite(fd, Float64Array.of(1, 2, 3, 4))
  n.bpfArrayRead(fd, all)
  t.deepEqual([...all], [1, 2, 3, 4])
  n.closeFd(fd)
})

real(title('a program is attached where none is, and detached only by who knows it'), async (t) => {
  const lab = await Lab.create('at')
  const n = native()
  const objects = [loadEgress(), loadEgress()]
  try {
    await lab.netns('x')
    const { a } = await lab.veth({ name: 'at' }, { netns: 'x', name: 'eth0' })
    const { index } = n.interfaceInfo(a)
    const [mine, other] = objects.map((o) => n.bpfProgramFd(o, 'cu_pass')) as [number, number]
    t.is(n.xdpQuery(index, a), null)
    n.xdpAttach(index, mine, -1, false, a)
    t.regex(
      failure(() => n.xdpAttach(index, other, -1, false, a)),
      /^EBUSY xdp attach cu/,
    )
    t.regex(
      failure(() => n.xdpAttach(index, -1, other, false, a)),
      /^EEXIST xdp detach cu/,
    )
    const { id, generic } = n.xdpQuery(index, a)!
    t.false(generic)
    const { fd, name } = n.bpfProgramById(id)
    n.closeFd(fd)
    t.is(name, 'cu_pass')
    n.xdpAttach(index, -1, mine, false, a)
    t.is(n.xdpQuery(index, a), null)
    n.xdpAttach(index, mine, -1, true, a)
    t.true(n.xdpQuery(index, a)!.generic)
    t.is(
      failure(() => n.xdpAttach(999_999, mine, -1, false, 'gone0')),
      'ENODEV xdp attach gone0',
    )
  } finally {
    for (const object of objects) n.bpfClose(object)
    await lab.close()
  }
})

real(title('1,000 objects and maps opened and closed: no descriptor is left'), (t) => {
  const n = native()
  const count = () => readdirSync('/proc/self/fd').length
  n.bpfClose(loadEgress())
  const before = count()
  for (let i = 0; i < 1000; i++) {
    n.bpfClose(loadEgress())
    n.closeFd(n.bpfArrayCreate('leak', 4, 1))
    failure(() => n.bpfLoad(EGRESS, { nosuch: 1 }, {}, {}, {}))
  }
  t.is(count(), before)
})
