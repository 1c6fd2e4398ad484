import { type Event, fieldAt } from 'logweir';

/** What is asked of one field; exactly one of the questions is given. */
export interface Condition {
  /** A dotted path. */
  readonly field: string;
  readonly equals?: unknown;
  readonly in?: readonly unknown[] | undefined;
  /** For text: whether it holds this text. */
  readonly contains?: string | undefined;
  readonly exists?: boolean | undefined;
}

export function fits(event: Event, { field, equals, in: list, contains, exists }: Condition): boolean {
  const value = fieldAt(event, field);
  if (exists !== undefined) return (value !== undefined) === exists;
  if (contains !== undefined) return typeof value === 'string' && value.includes(contains);
  return list === undefined ? value === equals : list.includes(value);
}
