import type { Command } from 'commander';
import type { openOutput } from '../commands/output.ts';

/** For an option that may be repeated. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** What the declarations of commands share. */
export interface CommandLine {
  readonly logweir: Command;
  readonly output: ReturnType<typeof openOutput>;
  readonly report: ReturnType<typeof openOutput>;
  /** Declares a command with the option `--config`. */
  readonly withConfig: (name: string, description: string) => Command;
  /** Sets the exit code of a command that ends without an error. */
  readonly exitWith: (code: number) => void;
}
