import { type BytesAt, bytesOf } from './bytes-at.ts';
import { MEMBER_SIZE, lastMemberCount, lastMembers, notingCount, scanJsonAt } from './json-scan.ts';

type Fields = Record<string, unknown>;

const BACKSLASH = '\\';
const QUOTE = 0x22;

/**
 * The bytes of one JSON object, and the positions of its members. Members are numbered from 0; positions are
 * relative to its start.
 */
export class ObjectBytes {
  /** The number of members. */
  readonly count: number;
  #source: BytesAt;
  readonly #isAscii: boolean;
  /** Borrowed from the scanner: most events are processed before the next one is scanned. */
  #members = lastMembers();
  /** The {@link notingCount} of the borrowed list; null when the list is a copy. */
  #noting: number | null = notingCount();

  /** @param source valid, immutable, and last scanned with `noting`, with a member count of at least 0 */
  constructor(source: BytesAt, isAscii: boolean) {
    this.count = lastMemberCount();
    this.#source = source;
    this.#isAscii = isAscii;
  }

  /** Copies the bytes, so that they outlive the source. */
  detach(): void {
    const { bytes, start, end } = this.#source;
    this.#source = bytesOf(Buffer.from(bytes.subarray(start, end)));
  }

  get length(): number {
    return this.#source.end - this.#source.start;
  }

  /** @returns the number of the member of that name, or -1 */
  find(key: string): number {
    const members = this.#positions();
    const { bytes, start: base } = this.#source;
    for (let member = 0; member < this.count; member++) {
      const at = MEMBER_SIZE * member;
      const start = members[at] as number;
      if ((members[at + 1] as number) - start === key.length && isAt(bytes, base + start, key)) return member;
    }
    return -1;
  }

  keyOf(member: number): string {
    const members = this.#positions();
    const at = MEMBER_SIZE * member;
    return this.#text(members[at] as number, members[at + 1] as number);
  }

  /** Parses a value again at each call. */
  valueOf(member: number): unknown {
    const members = this.#positions();
    const start = members[MEMBER_SIZE * member + 2] as number;
    const end = members[MEMBER_SIZE * member + 3] as number;
    const { bytes, start: base } = this.#source;
    if (bytes[base + start] === QUOTE) {
      const text = this.#text(start + 1, end - 1);
      if (!text.includes(BACKSLASH)) return text;
    }
    return JSON.parse(this.#text(start, end));
  }

  /** Parses the whole object. Its keys are in the order of the members. */
  parse(): Fields {
    return JSON.parse(this.#text(0, this.length)) as Fields;
  }

  /** Copies the members from `first` to `last` with the bytes between them. @returns the number of bytes */
  copy(first: number, last: number, into: Buffer, at: number): number {
    const members = this.#positions();
    const start = (members[MEMBER_SIZE * first] as number) - 1;
    const end = members[MEMBER_SIZE * last + 3] as number;
    const { bytes, start: base } = this.#source;
    return bytes.copy(into, at, base + start, base + end);
  }

  #positions(): Int32Array {
    if (this.#noting !== null && notingCount() !== this.#noting) {
      const { bytes, start, end } = this.#source;
      scanJsonAt(bytes, start, end, true);
      this.#members = lastMembers().slice(0, MEMBER_SIZE * this.count);
      this.#noting = null;
    }
    return this.#members;
  }

  #text(start: number, end: number): string {
    const { bytes, start: base } = this.#source;
    return bytes.toString(this.#isAscii ? 'latin1' : 'utf8', base + start, base + end);
  }
}

function isAt(bytes: Buffer, start: number, key: string): boolean {
  for (let index = 0; index < key.length; index++) {
    if (bytes[start + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}
