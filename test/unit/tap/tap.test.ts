import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TapMessage, TapOptions } from '../../../src/tap/messages.ts';
import { Tap } from '../../../src/tap/tap.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';

const at = { topic: 't', partition: 0, offset: 1, timestamp: 2 };
const open = (tap: Tap, options: Partial<TapOptions> = {}) => {
  const messages: TapMessage[] = [];
  const close = tap.open({ filter: '', stage: null, ...options }, (message) => messages.push(message));
  return { close, messages, events: () => messages.filter(({ kind }) => kind === 'event') };
};
const show = (tap: Tap, event: object): void => {
  const bytes = Buffer.from(JSON.stringify(event));
  tap.before(at, bytes, 0, bytes.length);
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('limits', () => {
  it('shows at most 50 events of a second, and counts the others', () => {
    const tap = new Tap();
    const { events, messages } = open(tap);
    for (let index = 0; index < 80; index++) show(tap, { index });
    expect(events()).toHaveLength(50);
    vi.advanceTimersByTime(1000);
    expect(messages.at(-1)).toEqual({ kind: 'counts', passed: 80, examined: 80, withheld: 30 });
    show(tap, { index: 80 });
    expect(events()).toHaveLength(51);
    tap.close();
  });

  it('looks at no more than 2,000 events of a second: the others are not even read', () => {
    const tap = new Tap();
    const { messages } = open(tap, { filter: 'never=there' });
    let read = 0;
    for (let index = 0; index < 5000; index++) tap.after(at, 10, () => `{"index":${read++}}`, 'index');
    expect(read).toBe(2000);
    vi.advanceTimersByTime(1000);
    expect(messages).toEqual([{ kind: 'counts', passed: 5000, examined: 2000, withheld: 0 }]);
    tap.close();
  });

  it('looks at no more than 4 MiB of a second', () => {
    const tap = new Tap();
    const { events } = open(tap);
    for (let index = 0; index < 10; index++) tap.after(at, 1_048_576, () => '{}', 'index');
    expect(events()).toHaveLength(4);
    tap.close();
  });

  it('cuts a long event', () => {
    const tap = new Tap();
    const { messages } = open(tap);
    show(tap, { text: 'x'.repeat(100_000) });
    expect(messages[0]).toMatchObject({
      truncated: true,
      event: expect.stringMatching(/^.{16384}$/) as unknown,
    });
    tap.close();
  });

  it('opens no more than 5 taps, and has no timer when all are closed', () => {
    const tap = new Tap();
    const taps = Array.from({ length: 5 }, () => open(tap));
    expect(open(tap).close).toBeNull();
    expect(vi.getTimerCount()).toBe(1);
    for (const { close } of taps) close?.();
    expect(tap.isOpen).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(open(tap).close).not.toBeNull();
    tap.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('in the pipeline', () => {
  it('shows an event before and after the chain, and of a dropped one only the first', () => {
    const tap = new Tap();
    const lab = new PipelineLab({
      tap,
      run: (event) => (event['drop'] === true ? undefined : { ...event, marked: true }),
    });
    lab.own();
    const { messages } = open(tap);
    lab.receive(['{"n":1.0}', '{"drop":true}']);
    expect(messages).toMatchObject([
      { stage: 'before', offset: 0, event: '{"n":1.0}', index: null },
      { stage: 'after', offset: 0, event: '{"n":1.0,"marked":true}', index: 'app-logs' },
      { stage: 'before', offset: 1, event: '{"drop":true}' },
    ]);
    tap.close();
  });

  it('shows records that no transform reads, one by one', () => {
    const tap = new Tap();
    const lab = new PipelineLab({ tap });
    lab.own();
    const { messages } = open(tap, { stage: 'after', filter: 'n=2' });
    lab.receive(['{"n":1}', '{"n":2}', '{"n":3}']);
    expect(messages).toMatchObject([{ stage: 'after', offset: 1, event: '{"n":2}', index: 'app-logs' }]);
    tap.close();
  });

  it('reads nothing while it is closed', () => {
    const tap = new Tap();
    const before = vi.spyOn(tap, 'before');
    const after = vi.spyOn(tap, 'after');
    const lab = new PipelineLab({ tap, run: (event) => event });
    lab.own();
    lab.receive(['{"n":1}']);
    expect(lab.documents).toHaveLength(1);
    expect([before.mock.calls, after.mock.calls]).toEqual([[], []]);
  });
});
