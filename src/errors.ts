interface ExitCode {
  readonly exitCode: number;
  readonly meaning: string;
}

/**
 * All kinds of errors for the user, with the exit code of a process that ends with one. The numbers 64 to 78
 * are those of sysexits.h. docs/errors.md is generated from this list.
 */
export const exitCodes = {
  CONFIG: {
    exitCode: 78,
    meaning:
      'The configuration, or a file that it names, is wrong (EX_CONFIG). The message lists all problems.',
  },
  USAGE: { exitCode: 64, meaning: 'The command line is wrong (EX_USAGE).' },
  UNAVAILABLE: {
    exitCode: 69,
    meaning: 'A server, an input or Node 24 is not available (EX_UNAVAILABLE).',
  },
  OUTPUT: {
    exitCode: 74,
    meaning: 'The output cannot be written completely, for instance to a full disk (EX_IOERR).',
  },
  GROUP_ACTIVE: {
    exitCode: 75,
    meaning: 'The offsets of a group with members cannot be moved; stop the members first (EX_TEMPFAIL).',
  },
  EVENTS_FAILED: { exitCode: 1, meaning: 'An event of a dry run failed.' },
  CHECK_FAILED: { exitCode: 1, meaning: 'A check of `logweir check` failed. Warnings do not count.' },
  FATAL: {
    exitCode: 70,
    meaning:
      'The Kafka client cannot continue, for instance if another member has the same static id (EX_SOFTWARE).',
  },
} as const satisfies Readonly<Record<string, ExitCode>>;

/** Exit codes of processes that end without a {@link LogweirError}, for docs/errors.md. */
export const otherExitCodes: readonly ExitCode[] = [
  { exitCode: 0, meaning: 'Success. For `run`: an orderly shutdown.' },
  {
    exitCode: 1,
    meaning:
      'An unexpected error, printed with its stack; a failed shutdown; a failed test; `migrate` with something left to do, or with a document that differs (`--verify`); `compare` with a difference.',
  },
  { exitCode: 130, meaning: '`run` was ended immediately by a second SIGINT.' },
  { exitCode: 141, meaning: 'The reader of the output has gone, as with `| head` (SIGPIPE).' },
  { exitCode: 143, meaning: '`run` was ended immediately by a second SIGTERM.' },
];

type ErrorCode = keyof typeof exitCodes;

/** An error for the user: its message says what is wrong, where, and what to do. */
export class LogweirError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogweirError';
    this.code = code;
  }

  get exitCode(): number {
    return exitCodeOf(this.code);
  }
}

/** The exit code of a process that ends with such an error. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code].exitCode;
}

/** The message of any thrown value. Never throws: a value of a user may have no text, or a failing one. */
export function messageOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : String(message);
  } catch {
    return `a ${typeof error} that has no text`;
  }
}
