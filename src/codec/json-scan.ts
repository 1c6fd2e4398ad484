import { utf8Max } from '../memory/arena.ts';
import { JSON_SCAN_WASM } from './json-scan-wasm.ts';

/** Flags of a valid object; see {@link scanJsonAt}. */
export const HAS_LINE_FEED = 1;
export const HAS_NON_CANONICAL_NUMBER = 2;
export const HAS_NON_ASCII = 4;

/** Negative results of {@link scanJsonAt}: no JSON object. -1 stands for no JSON at all. */
export const NOT_AN_OBJECT = -2;
export const TOO_DEEP = -3;

/** Deeper nesting is rejected: Elasticsearch's parser stops at about this depth too. */
export const DEPTH_MAX = 1000;

/** The numbers per member in the list of {@link lastMembers}. */
export const MEMBER_SIZE = 4;

/** Longer inputs use a second scanner, which may be garbage-collected, so its memory is not kept. */
const INPUT_BYTES = 1_048_576;
const PAGE_BYTES = 65_536;
/** Zero bytes after the input. */
const END_BYTES = 16;

/** The part that is used here: TypeScript declares WebAssembly for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The exports of wasm/json-scan.ts. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly INPUT: { readonly value: number };
  readonly REPORT: { readonly value: number };
  scan(this: void, length: number, noting: boolean): number;
}

const module = new WebAssembly.Module(Buffer.from(JSON_SCAN_WASM, 'base64'));

/** An instance of wasm/json-scan.ts with its memory. */
class Scanner {
  readonly input: Buffer;
  readonly scan: Exports['scan'];
  /** The positions of members; see {@link lastMembers}. */
  readonly members: Int32Array;
  readonly #report: Int32Array;

  /** @param size the longest input, in bytes */
  constructor(size: number) {
    const { memory, INPUT, REPORT, scan } = new WebAssembly.Instance(module).exports as Exports;
    const pages = Math.ceil((INPUT.value + size + END_BYTES) / PAGE_BYTES);
    memory.grow(pages - memory.buffer.byteLength / PAGE_BYTES);
    this.input = Buffer.from(memory.buffer, INPUT.value, size);
    this.#report = new Int32Array(memory.buffer, REPORT.value, 2);
    this.members = new Int32Array(memory.buffer, REPORT.value + 8);
    this.scan = scan;
  }

  get fault(): number {
    return this.#report[0] as number;
  }

  get count(): number {
    return this.#report[1] as number;
  }
}

const usual = new Scanner(INPUT_BYTES);
let large: WeakRef<Scanner> | undefined;
/** The scanner that was used last: it has the details of its input. Not valid across an await. */
let last = usual;
let notings = 0;

function scannerFor(size: number): Scanner {
  last = size <= INPUT_BYTES ? usual : largeScanner(size);
  return last;
}

function largeScanner(size: number): Scanner {
  const idle = large?.deref();
  if (idle !== undefined && idle.input.length >= size) return idle;
  const made = new Scanner(Math.ceil(size / INPUT_BYTES) * INPUT_BYTES);
  large = new WeakRef(made);
  return made;
}

/**
 * Checks in one pass, without building anything, that these bytes are exactly one JSON object (RFC 8259). It
 * also detects raw line feeds between tokens (they would break the framing of a bulk body), non-canonical
 * numbers (whose text a `JSON.parse`/`JSON.stringify` round trip would change), and bytes beyond ASCII (it
 * does not check that they are UTF-8).
 *
 * @param noting whether to record the positions of the members for {@link lastMembers}
 * @returns a bit mask of {@link HAS_LINE_FEED}, {@link HAS_NON_CANONICAL_NUMBER} and {@link HAS_NON_ASCII},
 *   or a negative error
 */
export function scanJsonAt(bytes: Buffer, start: number, end: number, noting = false): number {
  const length = end - start;
  const scanner = scannerFor(length);
  bytes.copy(scanner.input, 0, start, end);
  if (noting) notings++;
  return scanner.scan(length, noting);
}

/** As {@link scanJsonAt}, for the UTF-8 of a text. */
export function scanJsonText(text: string): number {
  const scanner = scannerFor(utf8Max(text));
  return scanner.scan(scanner.input.write(text), false);
}

/** The position of the first invalid byte of the last scan, or the length if the text ended too early. */
export function faultPosition(): number {
  return last.fault;
}

/** How often members were noted so far. When it changes, {@link lastMembers} belongs to another object. */
export function notingCount(): number {
  return notings;
}

/**
 * The number of members of the object that was last scanned with `noting`.
 *
 * @returns -1 if {@link lastMembers} is not usable: a key has escapes or bytes beyond ASCII, occurs twice, or
 *   is one that JavaScript moves to another position (`7`, `__proto__`), or there are more than 64 members
 */
export function lastMemberCount(): number {
  return last.count;
}

/**
 * The members of that object, in order, with four positions each: the first byte of the key, the byte after
 * its end, and the same for the value. The next scan with `noting` overwrites the list, so copy it to keep
 * it.
 */
export function lastMembers(): Int32Array {
  return last.members;
}
