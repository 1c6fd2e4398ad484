import { expect, it } from 'vitest';
import { mergedWarnings } from '../../../src/workers/merge-details.ts';

it('each warning of the workers is told once, since it began in any of them', () => {
  const warning = (cause: 'lag_growing' | 'transform_slow', since: string) => ({
    cause,
    transform: null,
    message: `since ${since}`,
    action: 'look',
    since,
  });
  const warnings = mergedWarnings([
    { warnings: [warning('lag_growing', '2026-01-02T00:00:05Z')] },
    {
      warnings: [
        warning('transform_slow', '2026-01-02T00:00:04Z'),
        warning('lag_growing', '2026-01-02T00:00:03Z'),
      ],
    },
  ]);
  expect(warnings.map(({ cause, since }) => `${cause} ${since}`)).toEqual([
    'lag_growing 2026-01-02T00:00:03Z',
    'transform_slow 2026-01-02T00:00:04Z',
  ]);
});
