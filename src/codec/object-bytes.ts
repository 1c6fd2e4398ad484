import { MEMBER_SIZE, lastMemberCount, lastMembers, notingCount, scanJsonObject } from './json-scan.ts';

type Fields = Record<string, unknown>;

const BACKSLASH = '\\';
const QUOTE = 0x22;

/** The bytes of one JSON object of which is known where its members lie. Members are named by their number. */
export class ObjectBytes {
  /** How many members there are. */
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #isAscii: boolean;
  /** Borrowed from the scanner: most events are through before the next one is scanned. */
  #members = lastMembers();
  /** When that was; null from when the list is its own. */
  #noting: number | null = notingCount();

  /** @param bytes valid, not to be changed any more, and what was last scanned with its members noted: at least none */
  constructor(bytes: Buffer, isAscii: boolean) {
    this.count = lastMemberCount();
    this.#bytes = bytes;
    this.#isAscii = isAscii;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** @returns -1 where there is none of that name */
  find(key: string): number {
    const members = this.#positions();
    for (let member = 0; member < this.count; member++) {
      const at = MEMBER_SIZE * member;
      const start = members[at] as number;
      if ((members[at + 1] as number) - start === key.length && this.#isAt(start, key)) return member;
    }
    return -1;
  }

  keyOf(member: number): string {
    const members = this.#positions();
    const at = MEMBER_SIZE * member;
    return this.#text(members[at] as number, members[at + 1] as number);
  }

  /** Parses a value, each call anew. */
  valueOf(member: number): unknown {
    const members = this.#positions();
    const start = members[MEMBER_SIZE * member + 2] as number;
    const end = members[MEMBER_SIZE * member + 3] as number;
    if (this.#bytes[start] === QUOTE) {
      const text = this.#text(start + 1, end - 1);
      if (!text.includes(BACKSLASH)) return text;
    }
    return JSON.parse(this.#text(start, end));
  }

  /** Parses the whole. Its keys are in the order of the members. */
  parse(): Fields {
    return JSON.parse(this.#text(0, this.#bytes.length)) as Fields;
  }

  /** Copies the members from `first` to `last`, and what stands between them. @returns how many bytes that were */
  copy(first: number, last: number, into: Buffer, at: number): number {
    const members = this.#positions();
    const start = (members[MEMBER_SIZE * first] as number) - 1;
    return this.#bytes.copy(into, at, start, members[MEMBER_SIZE * last + 3]);
  }

  #positions(): Int32Array {
    if (this.#noting !== null && notingCount() !== this.#noting) {
      scanJsonObject(this.#bytes, true);
      this.#members = lastMembers().slice(0, MEMBER_SIZE * this.count);
      this.#noting = null;
    }
    return this.#members;
  }

  #isAt(start: number, key: string): boolean {
    for (let index = 0; index < key.length; index++) {
      if (this.#bytes[start + index] !== key.charCodeAt(index)) return false;
    }
    return true;
  }

  #text(start: number, end: number): string {
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', start, end);
  }
}
