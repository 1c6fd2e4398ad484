type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a dotted path, own properties only: `kubernetes.pod_namespace`. A key that holds the dots itself wins.
 *
 * @returns undefined where nothing is there
 */
export function fieldAt(event: Fields, path: string): unknown {
  return holderOf(event, path)?.[lastKey(event, path)];
}

/**
 * The object that holds the last key of a dotted path, or undefined where the path leads nowhere. Together with
 * {@link lastKey} it lets a transform change a nested value in place.
 */
export function holderOf(event: Fields, path: string): Fields | undefined {
  if (Object.hasOwn(event, path)) return event;
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let at = event;
  for (const key of keys) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (!isFields(next)) return undefined;
    at = next;
  }
  return Object.hasOwn(at, last) ? at : undefined;
}

/** The key under which {@link holderOf} holds the value. */
export function lastKey(event: Fields, path: string): string {
  return Object.hasOwn(event, path) ? path : path.slice(path.lastIndexOf('.') + 1);
}
