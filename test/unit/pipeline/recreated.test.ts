/** A topic that is created again while its partitions stay ours: the old epoch's records settle once each (promise P6). */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { Recovery } from '../../../src/kafka/consumer/recovery.ts';
import type { Event, ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import { deferred, notingConsumer, settleDown } from '../support/fakes.ts';
import { memoryLog } from '../support/memory-log.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';

const pass: TransformFunction = (event) => event;
const joining: ReduceTransform = {
  key: () => 'all',
  starts: ({ text }) => /^[A-Z]/.test(String(text)),
  merge: (events) => ({ ...events[0], text: events.map(({ text }) => text).join('') }),
  maxEvents: 5,
  maxGapMs: 1000,
};
const reduce = { run: pass, onError: 'dead_letter', reduce: joining } as const;

const lines = (text: string): string[] => text.split('').map((one) => JSON.stringify({ text: one }));
const textsOf = (lab: PipelineLab) =>
  lab.documents.map(({ source }) => (JSON.parse(source) as Event)['text']);

/** What recovery does when the broker's end lies below what was to be read next. */
async function recreate(lab: PipelineLab, owned: OwnedPartition): Promise<OwnedPartition> {
  const names = ['resume', 'assign', 'incrementalAssign', 'incrementalUnassign'];
  const recovery = new Recovery({
    consumer: notingConsumer([], names),
    assignment: lab.assignment,
    rebalancer: { isBusy: false, protocol: 'COOPERATIVE' },
    log: memoryLog().log,
    betweenPolls: async (action) => action(),
    epochs: { truncationOf: async (_where, _low, end) => end },
    learnPositions: () => {},
  });
  await recovery.check(owned, { low: 0, high: 0, topicId: null }, 0);
  const next = lab.assignment.find(owned.topic, owned.partition);
  if (next === undefined || next === owned) throw new Error('the topic did not count as a new one');
  return next;
}

describe('a topic that is created again while a group is open', () => {
  it('has the group of the old one stored, whether anything is read of the new one or not', async () => {
    const lab = new PipelineLab({ steps: [reduce] });
    const owned = lab.own();
    lab.receive(lines('Ab'));
    await recreate(lab, owned);
    lab.pipeline.closeIdleGroups();
    expect(textsOf(lab)).toEqual(['Ab']);
    lab.acknowledge();
    expect(lab.counts.indexed).toBe(2);
    expect([lab.pipeline.inFlight, lab.pipeline.budget.usedBytes]).toEqual([0, 0]);
  });

  it('has it stored before the first record of the new one, with which it never meets', async () => {
    const lab = new PipelineLab({ steps: [reduce] });
    const owned = lab.own();
    lab.receive(lines('Ab'));
    await recreate(lab, owned);
    lab.receive(lines('cD'));
    expect(textsOf(lab)).toEqual(['Ab', 'c']);
  });

  it('has also that stored which an asynchronous transform brings late', async () => {
    const gates = [deferred(), deferred()];
    let at = 0;
    const late: TransformFunction = async (event) => {
      await gates[at++]?.promise;
      return event;
    };
    const lab = new PipelineLab({ steps: [{ run: late, onError: 'dead_letter' }, reduce] });
    const owned = lab.own();
    lab.receive(lines('Ab'));
    await recreate(lab, owned);
    lab.pipeline.closeIdleGroups();
    for (const gate of gates) {
      gate.resolve();
      await settleDown();
    }
    lab.pipeline.closeIdleGroups();
    expect(textsOf(lab)).toEqual(['Ab']);
    lab.acknowledge();
    expect([lab.pipeline.inFlight, lab.pipeline.budget.usedBytes]).toEqual([0, 0]);
  });

  it('has a mended chain run what is blocked of the old one, and what that groups is stored', async () => {
    const fail: TransformFunction = () => {
      throw new Error('on purpose');
    };
    const lab = new PipelineLab({ run: fail, onError: 'hold' });
    const owned = lab.own();
    lab.receive(lines('Ab'));
    await recreate(lab, owned);
    lab.changeChain([reduce]);
    lab.pipeline.closeIdleGroups();
    expect([textsOf(lab), lab.blockedRecords.size]).toEqual([['Ab'], 0]);
  });
});

describe('when a partition is abandoned whose topic was created again', () => {
  const waiting: [string, () => PipelineLab][] = [
    ['in an open group', () => new PipelineLab({ steps: [reduce] })],
    [
      'in an asynchronous transform',
      () => new PipelineLab({ run: () => new Promise(() => {}), onError: 'dead_letter' }),
    ],
    [
      'blocked for another chain',
      () => {
        const fail: TransformFunction = () => {
          throw new Error('on purpose');
        };
        return new PipelineLab({ run: fail, onError: 'hold' });
      },
    ],
    ['with Elasticsearch', () => new PipelineLab()],
  ];
  it.each(waiting)('all of its old epochs are, and nothing stays of records %s', async (_name, make) => {
    const lab = make();
    const first = lab.own();
    lab.receive(lines('Ab'));
    const second = await recreate(lab, first);
    lab.receive(lines('c'));
    const third = await recreate(lab, second);
    lab.revoke(third);
    await settleDown();
    expect(lab.settled).toBe(3);
    expect([lab.pipeline.inFlight, lab.pipeline.budget.usedBytes, lab.blockedRecords.size]).toEqual([
      0, 0, 0,
    ]);
    expect([first, second, third].map(({ committable }) => committable)).toEqual([null, null, null]);
  });

  it('what is in flight of the old epochs is waited for, too', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(lines('A'));
    const next = await recreate(lab, owned);
    let isDone = false;
    const drained = lab.pipeline.drained([next], 5000).then(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(isDone).toBe(false);
    lab.acknowledge();
    await vi.advanceTimersByTimeAsync(100);
    await drained;
  });
});
