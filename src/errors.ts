/** The closed list of what can go wrong, with the exit code of the process that ends with it. */
const exitCodes = {
  /** The configuration is wrong, or something that it names is (sysexits.h EX_CONFIG). */
  CONFIG: 78,
  /** The command line is wrong (EX_USAGE). */
  USAGE: 64,
  /** A server that the command needs cannot be reached (EX_UNAVAILABLE). */
  UNAVAILABLE: 69,
  /** What the command says cannot be written, so that it is not whole (EX_IOERR). */
  OUTPUT: 74,
  /** `replay` was asked to move the offsets of a group that has members. */
  GROUP_ACTIVE: 75,
  /** Some event of a dry run failed. */
  EVENTS_FAILED: 1,
  /** The Kafka client can no longer go on (another member took our static id, for one). */
  FATAL: 70,
} as const;

export type ErrorCode = keyof typeof exitCodes;

/** Every error that is meant for the user: a sentence that says what is wrong, where, and what to do. */
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
  return exitCodes[code];
}

/** The message of anything that was thrown. Never throws: what user code throws may have no text, or one that fails. */
export function messageOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : String(message);
  } catch {
    return `a ${typeof error} that has no text`;
  }
}
