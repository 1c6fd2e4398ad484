import type { Condition } from './program.ts';
import { translateCondition } from './program.ts';

/**
 * A condition of a test: a failed `assert!` throws its message.
 *
 * @returns the problems if it has no translation
 */
export function testCondition(source: string, timezone: string | undefined): Condition | readonly string[] {
  return translateCondition(source, { dropsOnAbort: true, timezone, hasVariables: true }, { isTest: true });
}
