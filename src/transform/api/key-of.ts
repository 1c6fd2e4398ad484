/** A text that is equal for equal values of any kind, for the keys of stateful transforms. */
export function keyOf(values: readonly unknown[]): string {
  return JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
