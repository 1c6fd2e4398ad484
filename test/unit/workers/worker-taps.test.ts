import { expect, it } from 'vitest';
import type { TapMessage } from '../../../src/tap/messages.ts';
import { Tap } from '../../../src/tap/tap.ts';
import { type WorkerTap, SupervisorTaps, WorkerTaps } from '../../../src/workers/worker-taps.ts';

const record = { topic: 't', partition: 0, offset: 1, timestamp: 2 };
const show = (tap: Tap): void => tap.before(record, Buffer.from('{}'), 0, 2);

it('a tap of the supervisor is open in every worker, and in one that starts later; closing it closes all', () => {
  const workers = [new Tap(), new Tap()];
  const links: WorkerTaps[] = [];
  const supervisor = new SupervisorTaps((taps: WorkerTap[]) => links.forEach((link) => link.change(taps)));
  const join = (tap: Tap): void => {
    const link = new WorkerTaps(tap, (id, message) => supervisor.received(id, message));
    links.push(link);
    link.change(supervisor.list());
  };
  join(workers[0] as Tap);
  const messages: TapMessage[] = [];
  const close = supervisor.open({ filter: '', stage: null }, (message) => messages.push(message));
  join(workers[1] as Tap);
  for (const worker of workers) show(worker);
  expect(messages).toHaveLength(2);

  const other = supervisor.open({ filter: 'no', stage: null }, () => {});
  close?.();
  expect(workers.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  for (const worker of workers) show(worker);
  expect(messages).toHaveLength(2);
  other?.();
  expect(workers.map(({ isOpen }) => isOpen)).toEqual([false, false]);
});

it('the supervisor opens no more than 5 taps', () => {
  const supervisor = new SupervisorTaps(() => {});
  const open = () => supervisor.open({ filter: '', stage: null }, () => {});
  const taps = Array.from({ length: 5 }, open);
  expect(open()).toBeNull();
  taps[0]?.();
  expect(open()).not.toBeNull();
});
