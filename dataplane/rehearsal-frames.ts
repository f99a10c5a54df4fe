// Frames of a rehearsal: made-up requests, and what the other end of a wire would answer.

/** Flows that are made up: enough for tables to have rows in many buckets. */
const FLOWS = 61
const ETHER = 14
const IP = 20
const TCP = 6
const UDP = 17
const ICMP = 1

/** The n-th frame: UDP, TCP (opening, data, closing) and ICMP echo in turn, of some flows. */
export function madeUpFrame(n: number): Uint8Array {
  const flow = n % FLOWS
  const protocol = n % 8 === 7 ? ICMP : n % 2 === 0 ? UDP : TCP
  const payload = 18 + ((n * 37) % 400)
  const head = protocol === TCP ? 20 : 8
  const frame = new Uint8Array(ETHER + IP + head + payload)
  const view = new DataView(frame.buffer)
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])
  const t = ETHER + IP
  frame[ETHER] = 0x45
  view.setUint16(ETHER + 2, frame.length - ETHER)
  frame[ETHER + 8] = 64
  frame[ETHER + 9] = protocol
  view.setUint32(ETHER + 12, 0x0a4d_0102 + flow * 0x0103)
  view.setUint32(ETHER + 16, 0xc612_0001 + (flow % 7))
  if (protocol === ICMP) {
    frame[t] = 8
    view.setUint16(t + 4, flow)
  } else {
    view.setUint16(t, 20_000 + flow)
    view.setUint16(t + 2, 80 + (flow % 3))
    if (protocol === UDP) view.setUint16(t + 4, frame.length - t)
    else {
      frame[t + 12] = 0x50
      frame[t + 13] = n % 40 === 1 ? 2 : n % 40 === 39 ? 17 : 16
    }
  }
  setChecksums(frame, ETHER, frame.length)
  return frame
}

/** Turns a frame, where it lies, into what its receiver would answer; false: nothing. */
export function answerTo(mem: Uint8Array, off: number, end: number): boolean {
  const type = (mem[off + 12]! << 8) | mem[off + 13]!
  if (type === 0x0806 && end - off >= 42 && mem[off + 21] === 1) return answerArp(mem, off)
  if (type !== 0x0800 || end - off < ETHER + IP || mem[off + ETHER] !== 0x45) return false
  swap(mem, off, off + 6, 6)
  const ip = off + ETHER
  swap(mem, ip + 12, ip + 16, 4)
  mem[ip + 8] = 64
  const t = ip + IP
  const protocol = mem[ip + 9]
  if (protocol === ICMP) {
    if (mem[t] !== 8) return false
    mem[t] = 0
  } else if (protocol === TCP || protocol === UDP) swap(mem, t, t + 2, 2)
  setChecksums(mem, ip, end)
  return true
}

function answerArp(mem: Uint8Array, off: number): boolean {
  mem[off + 21] = 2
  swap(mem, off + 22, off + 32, 10)
  mem.set([2, 0, 0, 0, 0, 3], off + 22)
  mem.copyWithin(off, off + 6, off + 12)
  return true
}

function swap(mem: Uint8Array, a: number, b: number, length: number): void {
  for (let k = 0; k < length; k++) {
    const x = mem[a + k]!
    mem[a + k] = mem[b + k]!
    mem[b + k] = x
  }
}

/** The checksums of the IP header at `ip` and of what it carries, the frame ending at `end`. */
function setChecksums(mem: Uint8Array, ip: number, end: number): void {
  const t = ip + IP
  const last = Math.min(end, ip + ((mem[ip + 2]! << 8) | mem[ip + 3]!))
  store(mem, ip + 10, sum(mem, ip, t, ip + 10))
  const protocol = mem[ip + 9]!
  const at = t + (protocol === TCP ? 16 : protocol === UDP ? 6 : 2)
  const pseudo = protocol === ICMP ? 0 : sum(mem, ip + 12, ip + 20, -1) + protocol + (last - t)
  store(mem, at, sum(mem, t, last, at) + pseudo)
}

/** Sum of 16-bit words, the one at `skip` taken as 0. */
function sum(mem: Uint8Array, from: number, to: number, skip: number): number {
  let total = 0
  for (let k = from; k < to; k += 2)
    if (k !== skip) total += (mem[k]! << 8) | (k + 1 < to ? mem[k + 1]! : 0)
  return total
}

function store(mem: Uint8Array, at: number, total: number): void {
  let folded = total
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16)
  const value = ~folded & 0xffff
  mem[at] = value >> 8
  mem[at + 1] = value & 0xff
}
