import type { Event, RecordInfo, TransformResult } from '../transform/api.ts';
import { Chain } from '../transform/chain.ts';

type Say = (record: RecordInfo, text: string) => void;

/** The same chain, whose transforms are watched: it says what each has changed or dropped. */
export function explained(chain: Chain, say: Say): Chain {
  const steps = chain.steps.map((step) => ({
    ...step,
    run: (event: Event, record: RecordInfo): TransformResult | Promise<TransformResult> => {
      const before = fieldsOf(event);
      const result = step.run(event, record);
      if (result instanceof Promise)
        return result.then((late) => {
          sayOf(step.name, before, late, record, say);
          return late;
        });
      sayOf(step.name, before, result, record, say);
      return result;
    },
  }));
  return new Chain(steps, chain.onError);
}

function sayOf(
  name: string,
  before: Map<string, string>,
  result: TransformResult,
  record: RecordInfo,
  say: Say,
): void {
  // What is no event is an error, and is said as one.
  if (result === undefined || result === null) say(record, `${name} dropped it`);
  else if (Array.isArray(result)) say(record, `${name} made ${result.length} events of it`);
  else if (typeof result === 'object') {
    const after = fieldsOf(result as Event);
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (key) => before.get(key) !== after.get(key),
    );
    say(record, changed.length === 0 ? `${name} changed nothing` : `${name} changed ${changed.join(', ')}`);
  }
}

function fieldsOf(event: Event): Map<string, string> {
  return new Map(Object.entries(event).map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ??
      'undefined'
    );
  } catch {
    return 'cyclic';
  }
}
