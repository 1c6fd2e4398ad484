/** One text for values that are the same, whatever they are: for the keys of transforms that remember. */
export function keyOf(values: readonly unknown[]): string {
  return JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
