/**
 * An event: a plain object that becomes one document. Integers beyond 2^53 are `bigint`; numbers that no
 * double can hold (`1e400`, 20 decimals) are `NumberLiteral`s. All other values are as `JSON.parse`
 * makes them.
 */
export type Event = Record<string, unknown>;
