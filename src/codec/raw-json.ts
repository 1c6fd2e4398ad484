/** An object whose text is put out as it is. `Number(value.rawJSON)` reads it. */
export interface RawJson {
  readonly rawJSON: string;
}

// Of TypeScript's library none declares these yet.
const json = JSON as unknown as {
  rawJSON: (this: void, text: string) => RawJson;
  isRawJSON: (this: void, value: unknown) => value is RawJson;
};
export const rawJson = json.rawJSON;
export const isRawJson = json.isRawJSON;
