// Lengths of time as Click prints them.

/** '250ms', '1500us', '10ns', '2.000000s'. */
export function intervalText(us: number): string {
  const ns = Math.round(us * 1000)
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(6)}s`
  if (ns % 1e6 === 0 && ns > 0) return `${ns / 1e6}ms`
  return ns % 1000 === 0 && ns > 0 ? `${ns / 1000}us` : `${ns}ns`
}
