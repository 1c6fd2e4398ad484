import type { LineCounter } from 'yaml';
import type { Path, Place } from './problems.ts';

/** The place of each setting in the file, and the origin of its value. */
export class Places {
  /** The file, for messages. */
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

  /** The place of a setting's key, or else of the nearest setting around it. */
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

  /** Whether the value contains a variable, even if its default was used. */
  isExpanded(path: Path): boolean {
    return this.#expanded.has(keyOf(path));
  }

  /** Whether the value could not be read, so that a schema's message about it is meaningless. */
  isFaulty(path: Path): boolean {
    return this.#faulty.has(keyOf(path));
  }

  /** The settings with a `$$` that was read as one dollar sign. */
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
