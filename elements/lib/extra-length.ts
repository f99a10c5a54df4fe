// The extra length annotation: bytes that a packet had and that are not in it any more.

export { extraLength, setExtraLength } from './anno-words.ts'
