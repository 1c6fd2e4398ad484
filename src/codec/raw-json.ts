/** An object whose text is put out as it is. `Number(value.rawJSON)` reads it. */
export interface RawJson {
  readonly rawJSON: string;
}

// Of TypeScript's library none declares these yet.
const json = JSON as unknown as {
  rawJSON: (this: void, text: string) => RawJson;
  isRawJSON: (this: void, value: unknown) => value is RawJson;
};
/** For output. To transforms it would be an object without a prototype, which is refused by `String` and by every operator. */
export const rawJson = json.rawJSON;

/** A number of JSON is all that begins so and that `JSON.rawJSON` accepts. */
const NUMBER = /^-?\d/;

/**
 * A number that no double can hold (`1e400`, 20 decimals, an integer of more than 1,000 digits), as a transform is given it: `String` and
 * template literals have it as it was written, operators and comparisons the double next to it, and JSON the text again. Like `Date` it is
 * an object: `typeof` says so.
 */
export class NumberLiteral implements RawJson {
  /** As it was written. */
  readonly rawJSON: string;

  /** @throws SyntaxError where the text is no number of JSON */
  constructor(text: string) {
    if (!NUMBER.test(text)) throw new SyntaxError(`'${text}' is no number of JSON`);
    this.rawJSON = rawJson(text).rawJSON;
    Object.freeze(this);
  }

  /** The double next to it, or an infinity. */
  valueOf(): number {
    return Number(this.rawJSON);
  }

  toString(): string {
    return this.rawJSON;
  }

  /** `JSON.stringify` puts its text out as it is. */
  toJSON(): unknown {
    return rawJson(this.rawJSON);
  }
}

/** Whether it is a number that only its text can hold: ours, or one that a transform has made with `JSON.rawJSON`. */
export function isRawJson(value: unknown): value is RawJson {
  return value instanceof NumberLiteral || json.isRawJSON(value);
}
