/**
 * The functions of the Vector Remap Language in TypeScript, for transforms that were translated from it:
 * the module of `import … from 'logweir/vrl'`. A function that fails throws a {@link VrlError}, whose
 * message is VRL's. A missing field (undefined) is null.
 *
 * @module
 */
export * from './cases.ts';
export * from './cef.ts';
export * from './collections.ts';
export * from './encode.ts';
export { parseGrok, parseGroks } from './grok.ts';
export { md5, sha1, sha2, sha3 } from './hash.ts';
export * from './net.ts';
export * from './numbers.ts';
export * from './operators.ts';
export { at, hasPath, put, removeAt, type Segment } from './paths.ts';
export * from './paths-of-files.ts';
export { Pattern, regex } from './pattern.ts';
export * from './parse.ts';
export * from './parse-logs.ts';
export * from './redact.ts';
export * from './syslog.ts';
export * from './system.ts';
export * from './text.ts';
export * from './times.ts';
export { EPOCH, Timestamp, timestampLiteral } from './timestamp.ts';
export * from './types.ts';
export { Aborted, copy, shallow, VrlError } from './values.ts';
