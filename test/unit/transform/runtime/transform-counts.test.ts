import { describe, expect, it } from 'vitest';
import type { Event, RecordInfo, TransformFunction } from '../../../../src/transform/api/api.ts';
import { Chain, type OnError, type Step } from '../../../../src/transform/runtime/chain.ts';
import {
  StepCounts,
  TransformCounts,
  distinctNames,
} from '../../../../src/transform/runtime/transform-counts.ts';
import { PipelineLab } from '../../support/pipeline-lab.ts';
import { sourceRecord } from '../../support/fakes.ts';

const RECORD: RecordInfo = sourceRecord();

function step(run: TransformFunction, onError: OnError = 'dead_letter', name = 'filter'): Step {
  return { name, run, onError, timeoutMs: 1000, close: () => {} };
}

const fail = (): never => {
  throw new Error('no');
};

async function countsOf(steps: readonly Step[], events: readonly Event[]) {
  const told: string[] = [];
  const chain = new Chain(steps, (name) => void told.push(name));
  for (const event of events) await chain.run(event, RECORD);
  const totals = chain.totals().map(({ seconds, ...counts }) => {
    expect(seconds).toBeGreaterThanOrEqual(0);
    return counts;
  });
  return { totals, told };
}

it('repeated names have a number, from the second on', () => {
  expect(distinctNames(['filter', './a.ts', 'filter', 'filter'])).toEqual([
    'filter',
    './a.ts',
    'filter#2',
    'filter#3',
  ]);
});

describe('each transform counts its events', () => {
  const events = [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }];

  it('unchanged, new, several and dropped ones, under distinct names', async () => {
    const { totals } = await countsOf(
      [
        step((event) => event),
        step((event) => (event['n'] === 1 ? undefined : { ...event })),
        step((event) => [event, { ...event }]),
        step(async (event) => (event['n'] === 2 ? undefined : event)),
      ],
      events,
    );
    expect(totals).toEqual([
      { name: 'filter', in: 4, out: 4, dropped: 0, failed: 0 },
      { name: 'filter#2', in: 4, out: 3, dropped: 1, failed: 0 },
      { name: 'filter#3', in: 3, out: 6, dropped: 0, failed: 0 },
      { name: 'filter#4', in: 6, out: 4, dropped: 2, failed: 0 },
    ]);
  });

  it('a failure is one, whatever on_error does; only a kept event goes on', async () => {
    const late = async (): Promise<never> => fail();
    const { totals, told } = await countsOf(
      [step(fail, 'keep'), step(late, 'keep'), step((event) => (event['n'] === 1 ? fail() : event), 'drop')],
      events,
    );
    expect(totals).toEqual([
      { name: 'filter', in: 4, out: 4, dropped: 0, failed: 4 },
      { name: 'filter#2', in: 4, out: 4, dropped: 0, failed: 4 },
      { name: 'filter#3', in: 4, out: 3, dropped: 0, failed: 1 },
    ]);
    expect(new Set(told)).toEqual(new Set(['filter', 'filter#2', 'filter#3']));
  });

  it('one that aggregates: events in, aggregated events out, and none counts as dropped', () => {
    const lab = new PipelineLab({
      steps: [
        {
          run: (event) => event,
          onError: 'dead_letter',
          reduce: {
            key: (event) => (event['n'] === 3 ? undefined : 'k'),
            starts: () => false,
            merge: ([first]) => first as Event,
            maxEvents: 2,
            maxGapMs: 60_000,
          },
        },
      ],
    });
    lab.own();
    lab.receive(events.map((event) => JSON.stringify(event)));
    expect(lab.chain.totals()).toMatchObject([{ in: 4, out: 2, dropped: 0, failed: 0 }]);
  });
});

it('the first calls are timed exactly, later ones by a sample that stands for all', () => {
  const counts = new StepCounts();
  const waitMs = 0.05;
  let timed = 0;
  for (let call = 0; call < 1000; call++) {
    const started = counts.begin();
    if (started < 0) continue;
    timed++;
    while (performance.now() - started < waitMs);
    counts.end(started, counts.weight);
  }
  expect(timed).toBeLessThan(50);
  const { in: received, seconds } = counts.totals('x');
  expect(received).toBe(1000);
  expect(seconds * 1000).toBeGreaterThan(900 * waitMs);
});

it('a reload continues the counts of a name, and the number of names is bounded', () => {
  const counts = new TransformCounts();
  const first = new Chain([step((event) => event)], () => {});
  first.countIn(counts);
  void first.run({}, RECORD);
  const second = new Chain([step((event) => event), step(() => undefined)], () => {});
  second.countIn(counts);
  void second.run({}, RECORD);
  expect(counts.list()).toMatchObject([
    { name: 'filter', in: 2, out: 2 },
    { name: 'filter#2', in: 1, dropped: 1 },
  ]);
  for (let name = 0; name < 1000; name++) counts.of(`t${name}`).in++;
  expect(counts.list()).toHaveLength(201);
  expect(counts.list().reduce((sum, { in: received }) => sum + received, 0)).toBe(1003);
});
