/** The functions that `transforms/routes.ts` has besides those of its transforms and sinks. */

/** Passes on the result of a transform. */
export const EACH: readonly string[] = [
  '/** Passes on what a transform makes of an event: nothing, one event or several. */',
  'function each(result: TransformResult, next: (event: Event) => Event[]): Event[] {',
  '  if (result === undefined) return [];',
  '  return (Array.isArray(result) ? (result as readonly Event[]) : [result as Event]).flatMap(next);',
  '}',
];

/** Counts failures, in a variable that `setup` sets. */
export const COUNTER: readonly string[] = [
  '/** Counts the events on which a transform fails: the metric `transform_custom_total`. */',
  'let countFailure: (id: string) => void = () => {};',
];

export const OR_NOTHING: readonly string[] = [
  '/** The result of a transform; nothing if it fails. The other branches of the event go on. */',
  'function orNothing(id: string, transform: () => TransformResult): TransformResult {',
  '  try {',
  '    return transform();',
  '  } catch {',
  '    countFailure(id);',
  '    return undefined;',
  '  }',
  '}',
];

export const OR_UNCHANGED: readonly string[] = [
  '/** The result of a transform; the event as it came if it fails. */',
  'function orUnchanged(id: string, event: Event, transform: () => TransformResult): TransformResult {',
  '  const before = copy(event);',
  '  try {',
  '    return transform();',
  '  } catch {',
  '    countFailure(id);',
  '    return before;',
  '  }',
  '}',
];

export const SETUP_WITH_COUNTER: readonly string[] = [
  '  setup(_options, { metrics }) {',
  '    countFailure = (id) => metrics.count(`${id} failed`);',
  '    return (event, record) => start(event, record);',
  '  },',
];
