/** Headers as the client reads and writes them: one object for each header. Names may repeat. */
export type Headers = Record<string, Buffer | string>[];

/**
 * Names and values of headers, in order. A null value is a null in the record. This client returns an empty
 * buffer instead, but callers must accept both.
 */
export function headerPairs(
  headers: readonly Record<string, Buffer | string | null>[] | undefined,
): [string, Buffer | string | null][] {
  return (headers ?? []).flatMap((header) => Object.entries(header));
}

/** A header for the producer. For a null value the producer would throw, and still send the record. */
export function headerOf(name: string, value: Buffer | string | null): Record<string, Buffer | string> {
  return { [name]: value ?? Buffer.alloc(0) };
}

/** The client sets a header named `__proto__` as the prototype of its object. Here it becomes data. */
export function repairHeaders(headers: Headers): void {
  headers.forEach((header, index) => {
    const prototype: unknown = Object.getPrototypeOf(header);
    if (prototype !== Object.prototype && Buffer.isBuffer(prototype))
      headers[index] = headerOf('__proto__', prototype);
  });
}
