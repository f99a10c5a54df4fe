// Ends of chains: what arrives is printed whole, with its annotations.

/** Prints every byte and annotation, and drops the packet. */
export function printer(label: string): string {
  return `Print(${label}, MAXLENGTH -1, TIMESTAMP true, PRINTANNO true) -> Discard`
}

/** The statement that prints what leaves by a further output. */
export function side(name: string, port: number): string {
  return `${name}[${port}] -> ${printer(`${name}.${port}`)};`
}
