import { describe, expect, it } from 'vitest';
import { stopOnSignals } from '../../../src/commands/stop-signals.ts';
import { createLog } from '../../../src/log.ts';

type Sent = readonly [ms: number, signal: NodeJS.Signals];

function play(sent: readonly Sent[]): string[] {
  const did: string[] = [];
  let now = 5000;
  const actions = {
    stop: () => void did.push('stop'),
    exit: (code: number) => void did.push(`exit ${code}`),
  };
  const onSignal = stopOnSignals(createLog({ level: 'silent' }), actions, () => now);
  for (const [ms, signal] of sent) {
    now = 5000 + ms;
    onSignal(signal);
  }
  return did;
}

describe('signals that stop the process', () => {
  it.each([
    [[[0, 'SIGTERM']]],
    [
      [
        [0, 'SIGTERM'],
        [1, 'SIGTERM'],
      ],
    ],
    [
      [
        [0, 'SIGINT'],
        [10, 'SIGINT'],
        [50, 'SIGINT'],
      ],
    ],
    [
      [
        [0, 'SIGTERM'],
        [0, 'SIGINT'],
      ],
    ],
    [
      [
        [0, 'SIGINT'],
        [500, 'SIGTERM'],
        [999, 'SIGINT'],
      ],
    ],
  ] as Sent[][][])('are one request within a second: %j', (sent) => {
    expect(play(sent)).toEqual(['stop']);
  });

  it.each([
    [
      [
        [0, 'SIGTERM'],
        [1000, 'SIGTERM'],
      ],
      'exit 143',
    ],
    [
      [
        [0, 'SIGTERM'],
        [1200, 'SIGINT'],
      ],
      'exit 130',
    ],
    [
      [
        [0, 'SIGINT'],
        [30_000, 'SIGTERM'],
      ],
      'exit 143',
    ],
    // The time counts from the first signal: a sender that keeps sending does not wait.
    [
      [
        [0, 'SIGTERM'],
        [600, 'SIGTERM'],
        [1100, 'SIGTERM'],
      ],
      'exit 143',
    ],
  ] as [Sent[], string][])('end it immediately at least a second after the first: %j', (sent, end) => {
    expect(play(sent)).toEqual(['stop', end]);
  });
});
