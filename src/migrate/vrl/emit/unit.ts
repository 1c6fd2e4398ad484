import type { Span } from '../syntax-error.ts';
import { lineAt } from '../syntax-error.ts';
import type { Known } from '../functions.ts';
import { quote } from './names.ts';

/** How tightly a piece of code binds; the looser one needs parentheses in a tighter place. */
export const Level = {
  assignment: 0,
  conditional: 1,
  or: 2,
  and: 3,
  equality: 4,
  comparison: 5,
  sum: 6,
  unary: 8,
  primary: 9,
} as const;

/** A translated expression. */
export interface Code {
  readonly text: string;
  readonly level: number;
  readonly known: Known;
  /** Whether it is undefined where a field is missing, which is null in VRL. */
  readonly mayBeMissing: boolean;
  /** Whether its object may be the value of a variable or a field too. */
  readonly mayBeShared: boolean;
  /** Whether another value may have objects in it, too. */
  readonly mayShareInside?: boolean;
  /** Whether it was taken out of the event, which no longer has it. */
  readonly isMoved?: boolean;
}

export function code(text: string, known: Known, level: number = Level.primary): Code {
  return { text, level, known, mayBeMissing: false, mayBeShared: false };
}

/** In parentheses where it binds more loosely than its place. */
export function within(level: number, { text, level: own }: Code): string {
  return own < level ? `(${text})` : text;
}

/** Something of the program that has no translation. */
export interface Problem {
  readonly text: string;
  /** Of the program, from 1. */
  readonly line: number;
}

/** What a generated file is made of, apart from the body of its function. */
export class Unit {
  readonly source: string;
  /** Exports of `logweir/vrl` that the code uses. */
  readonly imports = new Set<string>();
  readonly problems: Problem[] = [];
  readonly notes = new Set<string>();
  /** Whether the program aborts inside a function of its own, so that the caller must catch it. */
  throwsAbort = false;
  /** Whether a copy of the event as it came is needed. */
  needsOriginal = false;
  readonly dropsOnAbort: boolean;
  /** Whether fields of the event are set or deleted: then a second name for the event needs a copy of it. */
  readonly changesEvent: boolean;
  readonly #constants = new Map<string, string>();

  constructor(source: string, options: { dropsOnAbort: boolean; changesEvent: boolean }) {
    this.source = source;
    this.dropsOnAbort = options.dropsOnAbort;
    this.changesEvent = options.changesEvent;
  }

  /** A call of an export of `logweir/vrl`. */
  call(name: string, args: readonly string[], known: Known = 'unknown'): Code {
    this.imports.add(name);
    return code(`${name}(${args.join(', ')})`, known);
  }

  /** A regular expression or a timestamp, made once when the file is loaded. */
  constant(type: 'regex' | 'timestamp', value: string): Code {
    const maker = type === 'regex' ? 'regex' : 'timestampLiteral';
    this.imports.add(maker);
    const raw = value.includes('\\') && !/[`$]|\\$/.test(value);
    const made = `${maker}(${raw ? `String.raw\`${value}\`` : quote(value)})`;
    const stem = type === 'regex' ? 'PATTERN' : 'TIME';
    let name = this.#constants.get(made);
    if (name === undefined) {
      name = `${stem}_${[...this.#constants.values()].filter((one) => one.startsWith(stem)).length + 1}`;
      this.#constants.set(made, name);
    }
    return code(name, type);
  }

  get constants(): readonly string[] {
    return [...this.#constants].map(([made, name]) => `const ${name} = ${made};`);
  }

  problem(text: string, { start }: Span): void {
    this.problems.push({ text, line: lineAt(this.source, start).line });
  }
}
