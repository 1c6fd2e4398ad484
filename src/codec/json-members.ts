/**
 * Where the top-level members of an object lie in its bytes, as the scan of json-scan.ts comes past them: noted in registers, which are one
 * scan's at a time and never live across an await.
 */

/** An object with more members than that is not worth being looked at one by one. */
export const MEMBERS_MAX = 64;
/** Numbers that a member takes in the list: see {@link membersOf}. */
export const MEMBER_SIZE = 4;

/** The count where members cannot be told apart by the bytes of their keys. */
const UNCLEAR = MEMBERS_MAX + 1;
const ZERO = 0x30;
const NINE = 0x39;
const NAME_OF_PROTOTYPE = Buffer.from('__proto__');

let count = 0;
/** A plain array, since a copy of it is much cheaper than one of an `Int32Array`. */
const members = Array.from({ length: MEMBER_SIZE * MEMBERS_MAX }, () => 0);
/** For each slot the number of the last object of which a key fell into it. */
const slots = new Float64Array(256);
let objects = 0;

export function beginMembers(): void {
  count = 0;
}

/**
 * @param start of the key, behind its quote
 * @param end of the key: its closing quote; 0 for a key with escapes, or beyond ASCII
 */
export function noteKey(start: number, end: number, valueStart: number): void {
  if (count >= MEMBERS_MAX || end === 0) {
    count = UNCLEAR;
    return;
  }
  const at = MEMBER_SIZE * count++;
  members[at] = start;
  members[at + 1] = end;
  members[at + 2] = valueStart;
}

export function noteValueEnd(end: number): void {
  if (count !== UNCLEAR) members[MEMBER_SIZE * count - 1] = end;
}

/**
 * The members of the object that was scanned last, in order, four positions each: the first byte of the key, the byte behind it, and the
 * same for the value.
 *
 * @param input what was scanned
 * @returns undefined where a key is written with escapes or beyond ASCII, or is there twice, or is one that JavaScript puts
 *   elsewhere than it stands (`7`, `__proto__`), or where there are more than {@link MEMBERS_MAX}
 */
export function membersOf(input: Uint8Array): readonly number[] | undefined {
  if (count === UNCLEAR) return undefined;
  objects++;
  const size = MEMBER_SIZE * count;
  for (let at = 0; at < size; at += MEMBER_SIZE) {
    const start = members[at] as number;
    const end = members[at + 1] as number;
    const first = input[start] as number;
    if ((first >= ZERO && first <= NINE) || isSame(input, start, end, NAME_OF_PROTOTYPE, 0, 9))
      return undefined;
    // Keys that differ in length, first or last letter mostly fall into different slots.
    const slot = ((end - start) * 31 + first * 7 + (input[end - 1] as number)) & 255;
    if (slots[slot] === objects && isAmong(input, start, end, at)) return undefined;
    slots[slot] = objects;
  }
  return members.slice(0, size);
}

/** Whether the key is that of a member in front of `limit`. */
function isAmong(input: Uint8Array, start: number, end: number, limit: number): boolean {
  for (let at = 0; at < limit; at += MEMBER_SIZE) {
    if (isSame(input, start, end, input, members[at] as number, members[at + 1] as number)) return true;
  }
  return false;
}

function isSame(
  one: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  const length = end - start;
  if (otherEnd - otherStart !== length) return false;
  for (let index = 0; index < length; index++) {
    if (one[start + index] !== other[otherStart + index]) return false;
  }
  return true;
}
