import type { LineCounter } from 'yaml';
import type { Path, Place } from './problems.ts';

/** Where in the file each setting stands, and how its value came about. */
export class Places {
  /** The file, as messages name it. */
  readonly file: string;
  readonly #lines: LineCounter;
  readonly #offsets = new Map<string, number>();
  readonly #expanded = new Set<string>();
  readonly #faulty = new Set<string>();
  readonly #doubled: { readonly path: Path; readonly line: number }[] = [];

  constructor(file: string, lines: LineCounter) {
    this.file = file;
    this.#lines = lines;
  }

  /** Where it stands: its key, or else what it stands in. */
  at(path: Path): Place {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(keyOf(path.slice(0, length)));
      if (offset !== undefined) return this.atOffset(offset);
    }
    return { line: 1, column: 1 };
  }

  atOffset(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** Whether its value, or its default, was asked of the environment. */
  isExpanded(path: Path): boolean {
    return this.#expanded.has(keyOf(path));
  }

  /** Whether its value could not be made out, so that what a schema says of it is beside the point. */
  isFaulty(path: Path): boolean {
    return this.#faulty.has(keyOf(path));
  }

  /** The settings in whose text `$$` was read as a dollar sign. */
  get doubled(): readonly { readonly path: Path; readonly line: number }[] {
    return this.#doubled;
  }

  note(path: Path, offset: number): void {
    const key = keyOf(path);
    if (!this.#offsets.has(key)) this.#offsets.set(key, offset);
  }

  noteFault(path: Path): void {
    this.#faulty.add(keyOf(path));
  }

  noteText(path: Path, offset: number, usesEnvironment: boolean, hasDoubled: boolean): void {
    if (usesEnvironment) this.#expanded.add(keyOf(path));
    if (hasDoubled) this.#doubled.push({ path, line: this.atOffset(offset).line });
  }
}

function keyOf(path: Path): string {
  return path.map(String).join('\0');
}
