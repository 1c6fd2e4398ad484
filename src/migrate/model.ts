/** A text that belongs to the configuration of Vector. */
export interface InputFile {
  /** As the user named it: for the report. */
  readonly path: string;
  readonly text: string;
  /** In Vector's layout of folders (`transforms/parse.yaml`), the component that the file holds. */
  readonly component?: { readonly section: string; readonly id: string };
}

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A source, transform, sink or enrichment table. */
export interface Component {
  readonly section: 'sources' | 'transforms' | 'sinks' | 'enrichment_tables';
  readonly id: string;
  readonly type: string;
  readonly inputs: readonly string[];
  /** Without `type` and `inputs`. */
  readonly options: Fields;
  readonly place: Place;
}

export interface VectorTest {
  readonly name: string;
  readonly value: Fields;
  readonly place: Place;
}

/** A global option, such as `timezone`. */
export interface GlobalOption {
  readonly value: unknown;
  readonly place: Place;
}

/** The files of a configuration, merged. */
export interface VectorConfig {
  readonly sources: ReadonlyMap<string, Component>;
  readonly transforms: ReadonlyMap<string, Component>;
  readonly sinks: ReadonlyMap<string, Component>;
  readonly tables: ReadonlyMap<string, Component>;
  readonly globals: ReadonlyMap<string, GlobalOption>;
  readonly tests: readonly VectorTest[];
}

/** An entry of `transforms:` in logweir.yaml. */
export interface Step {
  readonly use: string;
  readonly with?: Fields;
  readonly on_error?: 'dead_letter' | 'drop' | 'keep' | 'hold';
  /** Where it comes from. */
  readonly comment: string;
}

export function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function mapOf(value: unknown): Fields {
  return isMap(value) ? value : {};
}

/** What a value of a configuration is, for messages: `a list`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'object') return value instanceof Date ? 'a time' : 'a map';
  return typeof value === 'boolean' ? 'a boolean' : 'a number';
}

/** One text or a list of them; other values as their text. */
export function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? (value as unknown[]) : [value]).map((one) => textOf(one));
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

export function whereIs({ file, line }: Place): string {
  return `${file}:${line}`;
}
