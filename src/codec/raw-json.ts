/** An object whose text is written as it is. `Number(value.rawJSON)` reads it. */
interface RawJson {
  readonly rawJSON: string;
}

// TypeScript's library does not declare these yet.
const json = JSON as unknown as {
  rawJSON: (this: void, text: string) => RawJson;
  isRawJSON: (this: void, value: unknown) => value is RawJson;
};
/** For output only: its objects have no prototype, so `String` and every operator throw for them. */
export const rawJson = json.rawJSON;

/** A text that starts like this and that `JSON.rawJSON` accepts is a JSON number. */
const NUMBER = /^-?\d/;

/**
 * A number that no double can hold (`1e400`, 20 decimals, an integer of more than 1,000 digits), as
 * transforms see it. `String`, template literals and JSON give its original text; operators and comparisons
 * use the nearest double. `typeof` says `object`, as for `Date`.
 */
export class NumberLiteral implements RawJson {
  /** The original text. */
  readonly rawJSON: string;

  /** @throws SyntaxError if the text is not a JSON number */
  constructor(text: string) {
    if (!NUMBER.test(text)) throw new SyntaxError(`'${text}' is not a JSON number`);
    this.rawJSON = rawJson(text).rawJSON;
    Object.freeze(this);
  }

  /** The nearest double, or an infinity. */
  valueOf(): number {
    return Number(this.rawJSON);
  }

  toString(): string {
    return this.rawJSON;
  }

  /** Lets `JSON.stringify` write the original text. */
  toJSON(): unknown {
    return rawJson(this.rawJSON);
  }
}

/** Whether the value is a {@link NumberLiteral}, or was made by a transform with `JSON.rawJSON`. */
export function isRawJson(value: unknown): value is RawJson {
  return value instanceof NumberLiteral || json.isRawJSON(value);
}
