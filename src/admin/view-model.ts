/**
 * What the status page and `logweir top` show, as texts: neither of them knows what a status means. Types
 * only, since the page's scripts import them too.
 */
export interface View {
  /** Of the instance: the page loads itself again when it changes. */
  readonly version: string;
  readonly title: string;
  readonly summary: Summary;
  readonly facts: readonly Fact[];
  readonly tables: readonly Table[];
}

/** `warning`: it goes on by itself, or nothing is wrong yet. `blocked`: an operator must act. */
export type Level = 'ok' | 'warning' | 'blocked';

/** Whether events flow, what blocks them, how far behind it is and what to do: in one sentence and a half. */
export interface Summary {
  readonly level: Level;
  readonly sentence: string;
  /** What to do; null if nothing is to be done. */
  readonly action: string | null;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly level?: Level;
}

export interface Table {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Shown in place of a table without rows. */
  readonly empty: string;
}

export interface Cell {
  readonly text: string;
  /** An HTTPS address. */
  readonly href?: string;
  /** Name of the series that is drawn in place of the text. */
  readonly chart?: string;
  readonly level?: Level;
}

/** A value at regular intervals, the newest last. Null where it is unknown. */
export interface Series {
  readonly every_seconds: number;
  readonly values: readonly (number | null)[];
}

/** Series by name: `received`, `indexed`, `dead_lettered`, `lag`, and for partitions `lag:` or `offset:`. */
export type Charts = Readonly<Record<string, Series>>;
