import { type Event, fieldAt } from 'logweir';

/** A condition on one field; exactly one of the optional properties is given. */
export interface Condition {
  /** A dotted path. */
  readonly field: string;
  readonly equals?: unknown;
  readonly in?: readonly unknown[] | undefined;
  /** Matches a text that contains this text. */
  readonly contains?: string | undefined;
  readonly exists?: boolean | undefined;
}

/** A number beyond 2^53 is compared by its text: a configuration cannot contain it otherwise. */
export function isOneOf(list: readonly unknown[], value: unknown): boolean {
  return list.includes(typeof value === 'bigint' ? String(value) : value);
}

export function fits(event: Event, { field, equals, in: list, contains, exists }: Condition): boolean {
  const value = fieldAt(event, field);
  if (exists !== undefined) return (value !== undefined) === exists;
  if (contains !== undefined) return typeof value === 'string' && value.includes(contains);
  return isOneOf(list ?? [equals], value);
}
