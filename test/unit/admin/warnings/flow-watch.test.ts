import { expect, it } from 'vitest';
import { FlowWatch } from '../../../../src/admin/warnings/flow-watch.ts';
import type { BulkTransport } from '../../../../src/elasticsearch/client.ts';
import type { Answer } from '../../../../src/elasticsearch/verdict.ts';
import { TransformCounts } from '../../../../src/transform/runtime/transform-counts.ts';
import { memoryLog } from '../../support/memory-log.ts';

const idle = {
  transforms: () => [],
  pendingCalls: () => [],
  loadedAt: () => 1,
  lag: () => ({ lag: 0, ends: 0, settled: 0, partitions: '' }),
  isElasticsearchAway: () => false,
  isBlocked: () => false,
};

it('a warning is logged when it begins, ever more rarely while it lasts, and when it is over', () => {
  const { log, lines } = memoryLog();
  let calls = 3;
  const watch = new FlowWatch(log, {
    ...idle,
    pendingCalls: () => (calls === 0 ? [] : [{ name: './ask.ts', calls, seconds: 7 }]),
  });
  watch.look(100);
  const reason = 'the transform ./ask.ts has not finished an event for 7 s; 3 calls of it are pending';
  expect(watch.list()).toMatchObject([{ cause: 'transform_slow', transform: './ask.ts', message: reason }]);
  for (let second = 101; second <= 400; second++) watch.look(second);
  // After 30, 90 and 210 s.
  expect(lines.map(({ code }) => code)).toEqual(Array(4).fill('transform_slow'));
  expect(lines[0]).toMatchObject({ level: 40, transform: './ask.ts', calls: 3, reason });
  calls = 0;
  watch.look(401);
  watch.look(402);
  expect(watch.list()).toEqual([]);
  expect(lines.slice(4)).toMatchObject([
    { code: 'warning_ended', level: 30, cause: 'transform_slow', transform: './ask.ts' },
  ]);
});

it('what each failed event logs is told and not logged again', () => {
  const { log, lines } = memoryLog();
  let failed = 0;
  const transforms = () => [{ name: 'a', in: failed, out: 0, dropped: 0, failed }];
  const watch = new FlowWatch(log, { ...idle, transforms });
  watch.look(100);
  failed = 10;
  watch.look(101);
  expect(watch.list()).toMatchObject([{ cause: 'transform_failing', transform: 'a' }]);
  for (let second = 102; second < 120; second++) watch.look(second);
  expect(watch.list()).toEqual([]);
  expect(lines).toEqual([]);
});

it('a lag that grows in an outage or a block is not told', () => {
  const { log, lines } = memoryLog();
  let lag = 0;
  let isBlocked = true;
  const watch = new FlowWatch(log, {
    ...idle,
    lag: () => ({ lag: (lag += 1000), ends: lag, settled: 0, partitions: '' }),
    isBlocked: () => isBlocked,
  });
  for (let second = 100; second < 130; second++) watch.look(second);
  expect(lines).toEqual([]);
  isBlocked = false;
  for (let second = 130; second < 142; second++) watch.look(second);
  expect(lines).toMatchObject([{ code: 'lag_growing' }]);
});

it('the requests of the transport are watched until their answers, and after their failures', async () => {
  const watch = new FlowWatch(memoryLog().log, idle);
  const answers = [Promise.withResolvers<Answer>(), Promise.withResolvers<Answer>()] as const;
  let sent = -1;
  const transport: BulkTransport = {
    send: async () => {
      const answer = answers[sent++];
      return answer === undefined ? { status: 200, body: '{}' } : await answer.promise;
    },
    refresh: () => {},
    close: async () => {},
  };
  const watched = watch.observed(transport);
  const { signal } = new AbortController();
  await watched.send(Buffer.from(''), signal);
  const requests = [0, 1].map(async () => await watched.send(Buffer.from(''), signal));
  const now = performance.now() / 1000;
  watch.look(now + 6);
  expect(watch.list()).toMatchObject([{ cause: 'elasticsearch_slow' }]);
  answers[0].resolve({ failure: 'no' });
  answers[1].resolve({ status: 200, body: '{}' });
  await Promise.all(requests);
  watch.look(now + 40);
  expect(watch.list()).toEqual([]);
});

it('the calls of a transform that have not ended are counted from the oldest', () => {
  const counts = new TransformCounts();
  const first = counts.of('a').waits();
  counts.of('a').waits();
  counts.of('b');
  expect(counts.pending()).toMatchObject([{ name: 'a', calls: 2 }]);
  counts.of('a').arrived(first);
  expect(counts.pending()).toMatchObject([{ name: 'a', calls: 1 }]);
});
