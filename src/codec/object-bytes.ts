import { MEMBER_SIZE } from './json-scan.ts';

type Fields = Record<string, unknown>;

const BACKSLASH = '\\';
const QUOTE = 0x22;

/** The bytes of one JSON object of which is known where its members lie. Members are named by their number. */
export class ObjectBytes {
  /** How many members there are. */
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #isAscii: boolean;
  readonly #members: readonly number[];

  /**
   * @param bytes valid, and not to be changed any more
   * @param members as `lastMembers` of json-scan.ts finds them
   */
  constructor(bytes: Buffer, isAscii: boolean, members: readonly number[]) {
    this.count = members.length / MEMBER_SIZE;
    this.#bytes = bytes;
    this.#isAscii = isAscii;
    this.#members = members;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** @returns -1 where there is none of that name */
  find(key: string): number {
    const members = this.#members;
    for (let at = 0; at < members.length; at += MEMBER_SIZE) {
      const start = members[at] as number;
      if ((members[at + 1] as number) - start === key.length && this.#isAt(start, key))
        return at / MEMBER_SIZE;
    }
    return -1;
  }

  keyOf(member: number): string {
    const at = MEMBER_SIZE * member;
    return this.#text(this.#members[at] as number, this.#members[at + 1] as number);
  }

  /** Parses a value, each call anew. */
  valueOf(member: number): unknown {
    const start = this.#members[MEMBER_SIZE * member + 2] as number;
    const end = this.#members[MEMBER_SIZE * member + 3] as number;
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
    const start = (this.#members[MEMBER_SIZE * first] as number) - 1;
    return this.#bytes.copy(into, at, start, this.#members[MEMBER_SIZE * last + 3]);
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
