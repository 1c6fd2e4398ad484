import { type Path, type Problem, configError } from '../config/problems.ts';
import { HIDDEN } from '../config/secrets.ts';
import type { Places } from '../config/places.ts';
import { LogweirError, messageOf } from '../errors.ts';

interface Fault {
  readonly index: number;
  readonly path: Path;
  readonly error: LogweirError;
}

/** What is wrong with the transforms of a configuration, told at once. */
export class Faults {
  readonly list: Fault[] = [];
  readonly #places: Places | undefined;

  constructor(places: Places | undefined) {
    this.#places = places;
  }

  /**
   * @param path below the transform's own settings
   * @param secrets texts that no message may show
   */
  add(index: number, path: Path, secrets: readonly string[], error: unknown): void {
    let message = messageOf(error);
    for (const secret of secrets.toSorted((a, b) => b.length - a.length))
      message = message.replaceAll(secret, HIDDEN);
    const cause = error instanceof LogweirError ? error.cause : error;
    this.list.push({
      index,
      path: ['transforms', index, ...path],
      error: new LogweirError('CONFIG', message, { cause }),
    });
  }

  /** Each with its place in the configuration. */
  problems(): Problem[] {
    const places = this.#places;
    return this.#inOrder().map(({ path, error }) => ({
      ...(places?.at(path) ?? { line: 1, column: 1 }),
      message: error.message,
    }));
  }

  /** All of them in one; where it is not known from which file they come, without their places. */
  error(): LogweirError {
    const cause = this.list.find(({ error }) => error.cause !== undefined)?.error.cause;
    if (this.#places !== undefined) return configError(this.#places.file, this.problems(), cause);
    return new LogweirError(
      'CONFIG',
      this.#inOrder()
        .map(({ error }) => error.message)
        .join('\n'),
      { cause },
    );
  }

  /** Set-ups fail after all files were loaded. */
  #inOrder(): Fault[] {
    return this.list.toSorted((a, b) => a.index - b.index);
  }
}
