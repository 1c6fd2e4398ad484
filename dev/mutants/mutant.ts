/** A deliberate defect. */
export interface Mutant {
  /** What is wrong then. */
  readonly name: string;
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly search: string;
  readonly replace: string;
  /** Test files that ought to notice, under test/unit/ and without `.test.ts`. */
  readonly tests: readonly string[];
}
