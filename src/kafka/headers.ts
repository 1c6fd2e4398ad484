/** Headers as the client gives them, one object for each, and as it wants them. Names may come several times. */
export type Headers = Record<string, Buffer | string>[];

/**
 * Names and values of headers, one after the other. A value is null where the record has a null there; this client gives
 * that as no bytes, but whoever reads headers is to stand either.
 */
export function headerPairs(
  headers: readonly Record<string, Buffer | string | null>[] | undefined,
): [string, Buffer | string | null][] {
  return (headers ?? []).flatMap((header) => Object.entries(header));
}

/** As the producer takes it: for a null it throws, and sends the record nevertheless. */
export function headerOf(name: string, value: Buffer | string | null): Record<string, Buffer | string> {
  return { [name]: value ?? Buffer.alloc(0) };
}

/** The client sets a header of the name `__proto__` as the prototype of its object. It is data, as any other name is. */
export function repairHeaders(headers: Headers): void {
  headers.forEach((header, index) => {
    const prototype: unknown = Object.getPrototypeOf(header);
    if (prototype !== Object.prototype && Buffer.isBuffer(prototype))
      headers[index] = headerOf('__proto__', prototype);
  });
}
