import { type Path, type Problem, configError } from '../../config/problems.ts';
import { HIDDEN } from '../../config/secrets.ts';
import type { Places } from '../../config/places.ts';
import { LogweirError, messageOf } from '../../errors.ts';

interface Fault {
  readonly index: number;
  readonly path: Path;
  readonly error: LogweirError;
}

/** Collects all errors of the transforms of a configuration, to report them together. */
export class Faults {
  readonly list: Fault[] = [];
  readonly #places: Places | undefined;

  constructor(places: Places | undefined) {
    this.#places = places;
  }

  /**
   * @param path relative to the transform's own settings
   * @param secrets texts that are hidden in messages
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

  /** The errors with their positions in the configuration file. */
  problems(): Problem[] {
    const places = this.#places;
    return this.#inOrder().map(({ path, error }) => ({
      ...(places?.at(path) ?? { line: 1, column: 1 }),
      message: error.message,
    }));
  }

  /** One error with all messages; without positions if the configuration file is not known. */
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

  /** Sorted: set-ups run, and fail, only after all files are loaded. */
  #inOrder(): Fault[] {
    return this.list.toSorted((a, b) => a.index - b.index);
  }
}
