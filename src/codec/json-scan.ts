import { utf8Max } from '../arena.ts';
import { JSON_SCAN_WASM } from './json-scan-wasm.ts';

/** Flags of a valid object; see {@link scanJsonObject}. */
export const HAS_LINE_FEED = 1;
export const HAS_EXOTIC_NUMBER = 2;
export const HAS_NON_ASCII = 4;

/** What is wrong with bytes that are not one JSON object, as negative results of {@link scanJsonObject}. */
export const NOT_JSON = -1;
export const NOT_AN_OBJECT = -2;
export const TOO_DEEP = -3;

/** Deeper nesting is refused: Elasticsearch's parser stops at about this depth too. */
export const DEPTH_MAX = 1000;

/** Numbers that a member takes in the list of {@link lastMembers}. */
export const MEMBER_SIZE = 4;

/** What is longer gets another scanner, which goes when no more giants come, so that one does not keep its room for ever. */
const INPUT_BYTES = 1_048_576;
const PAGE_BYTES = 65_536;
/** Zero bytes behind the input. */
const END_BYTES = 16;

/** What is used of it here: TypeScript knows it in browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What wasm/json-scan.ts exports. */
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
  /** Where its members lie; see {@link lastMembers}. */
  readonly members: Int32Array;
  readonly #report: Int32Array;

  /** @param size of the longest input, in bytes */
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
/** The one that was used last: it knows more of what it scanned. Never across an await. */
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
 * Checks in one pass, without building anything, that `input` is exactly one JSON object (RFC 8259), and finds what needs
 * care later: a raw line feed between tokens (it would break the framing of a bulk body), numbers that a plain
 * `JSON.parse`/`JSON.stringify` round trip would not give back to the letter, and bytes beyond ASCII (which are not
 * checked to be UTF-8 here).
 *
 * @param noting whether {@link lastMembers} is going to be asked where the members are
 * @returns a bit mask of {@link HAS_LINE_FEED}, {@link HAS_EXOTIC_NUMBER} and {@link HAS_NON_ASCII}, or what is wrong
 */
export function scanJsonObject(input: Uint8Array, noting = false): number {
  const scanner = scannerFor(input.length);
  scanner.input.set(input);
  if (noting) notings++;
  return scanner.scan(input.length, noting);
}

/** As {@link scanJsonObject}, for the UTF-8 of a text. */
export function scanJsonText(text: string): number {
  const scanner = scannerFor(utf8Max(text));
  return scanner.scan(scanner.input.write(text), false);
}

/** Where the last scan failed: the position of the first byte that cannot be, or the length where the text ended too early. */
export function faultPosition(): number {
  return last.fault;
}

/** How often members were noted so far: another number means that {@link lastMembers} has gone over to another object. */
export function notingCount(): number {
  return notings;
}

/**
 * How many members the object has that was last scanned with `noting`.
 *
 * @returns -1 where {@link lastMembers} does not tell: where a key is written with escapes or beyond ASCII, or is there twice, or is
 *   one that JavaScript puts elsewhere than it stands (`7`, `__proto__`), or where there are more than 64
 */
export function lastMemberCount(): number {
  return last.count;
}

/**
 * The members of that object, in order, four positions each: the first byte of the key, the byte behind it, and the same for the
 * value. To be copied by whoever needs it for longer than until the next such scan.
 */
export function lastMembers(): Int32Array {
  return last.members;
}
