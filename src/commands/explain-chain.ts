import type { Event, RecordInfo, TransformResult } from '../transform/api/api.ts';
import { Chain } from '../transform/runtime/chain.ts';

type Say = (record: RecordInfo, text: string) => void;

/** Wraps a chain so that it reports what each transform changed or dropped. */
export function explained(chain: Chain, say: Say): Chain {
  const steps = chain.steps.map((step) => ({
    ...step,
    run: (event: Event, record: RecordInfo): TransformResult | Promise<TransformResult> => {
      const before = fieldsOf(event);
      const result = step.run(event, record);
      if (result instanceof Promise)
        return result.then((late) => {
          report(step.name, before, late, record, say);
          return late;
        });
      report(step.name, before, result, record, say);
      return result;
    },
  }));
  return new Chain(steps, chain.onError);
}

function report(
  name: string,
  before: Map<string, string>,
  result: TransformResult,
  record: RecordInfo,
  say: Say,
): void {
  // A result that is not an event is an error; the chain reports it.
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
