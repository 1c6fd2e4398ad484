/** One line of `logweir check`. The JSON output has exactly these fields. */
export interface CheckResult {
  /** A stable name: `kafka.brokers`, `elasticsearch.disk`. Several results may have the same name. */
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed';
  /** What was found, in one sentence. */
  readonly message: string;
  /** What to do; null if nothing. */
  readonly remedy: string | null;
}

export function ok(check: string, message: string): CheckResult {
  return { check, result: 'ok', message, remedy: null };
}

export function warning(check: string, message: string, remedy: string): CheckResult {
  return { check, result: 'warning', message, remedy };
}

export function failed(check: string, message: string, remedy: string): CheckResult {
  return { check, result: 'failed', message, remedy };
}

/** A check that could not be made. It is never counted as passed. */
export function unchecked(check: string, why: string, remedy: string): CheckResult {
  return warning(check, `not checkable: ${why}`, remedy);
}

const NAMED_MAX = 5;

/** A list for a sentence, shortened. */
export function named(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `1 partition`, `2 partitions`. */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
