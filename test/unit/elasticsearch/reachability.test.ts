import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type EndpointState, Reachability } from '../../../src/elasticsearch/reachability.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { settleDown } from '../support/fakes.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

let now = 0;
let reachability: Reachability | undefined;
beforeEach(() => {
  fakeDelay.reset();
  fakeDelay.held = true;
  now = 1_000_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  reachability?.close();
  fakeDelay.end();
  vi.restoreAllMocks();
});

const up: EndpointState = { endpoint: 'http://a/', reason: null };
const down: EndpointState = { endpoint: 'http://a/', reason: 'connect ECONNREFUSED' };
const foreign: EndpointState = { endpoint: 'http://a/', reason: 'HTTP 403', isForeign: true };

/** The results of successive checks; the last one repeats. */
function watching(...answers: EndpointState[][]) {
  let asked = 0;
  const changes: string[] = [];
  const made = new Reachability(
    async () => answers[Math.min(asked++, answers.length - 1)] ?? [],
    ({ state }) => void changes.push(state),
  );
  reachability = made;
  const running = made.run();
  /** Advances to the next check. */
  const later = async (): Promise<void> => {
    now += 6000;
    fakeDelay.end();
    await settleDown();
  };
  return { reachability: made, changes, running, later, asked: () => asked };
}

it('the state is unknown before the first answer', async () => {
  const { reachability: one } = watching([up]);
  expect(one.state).toMatchObject({ state: 'unknown', reason: 'Elasticsearch has not answered yet' });
  await settleDown();
  expect(one.state).toMatchObject({ state: 'ok', reason: null });
});

it('an unreachable endpoint is reported with its reason, and checked until it answers', async () => {
  const { reachability: one, changes, later } = watching([down], [down], [up]);
  await settleDown();
  expect(one.state).toMatchObject({ state: 'unreachable', reason: 'http://a/: connect ECONNREFUSED' });
  const { since } = one.state;
  await later();
  expect(one.state).toMatchObject({ state: 'unreachable', since });
  await later();
  expect(one.state.state).toBe('ok');
  expect(changes).toEqual(['unreachable', 'ok']);
});

it('an endpoint that fails while idle is noticed', async () => {
  const { reachability: one, later } = watching([up], [down]);
  await settleDown();
  expect(one.state.state).toBe('ok');
  await later();
  expect(one.state.state).toBe('unreachable');
});

it('there are no checks while bulk requests are answered', async () => {
  const { reachability: one, later, asked } = watching([down], [down]);
  await settleDown();
  one.answered();
  expect(one.state).toMatchObject({ state: 'ok', reason: null });
  fakeDelay.end();
  await settleDown();
  expect(asked()).toBe(1);
  await later();
  expect([asked(), one.state.state]).toEqual([2, 'unreachable']);
});

it('an answered bulk request overrides earlier checks until the next one', async () => {
  const { reachability: one, changes } = watching([down]);
  await settleDown();
  one.answered();
  one.answered();
  now += 60_000;
  expect(one.state).toMatchObject({ state: 'ok', reason: null });
  expect(changes).toEqual(['unreachable', 'ok']);
});

it('one reachable endpoint is enough, and the status names the others', async () => {
  const { reachability: one, changes } = watching([down, { ...up, endpoint: 'http://b/' }]);
  await settleDown();
  expect(one.state).toMatchObject({ state: 'ok', reason: 'http://a/: connect ECONNREFUSED' });
  expect(changes).toEqual(['ok']);
});

it('a foreign answer is unreachable, unless a proxy has passed bulk requests', async () => {
  const { reachability: one, later } = watching([foreign]);
  await settleDown();
  expect(one.state.state).toBe('unreachable');
  one.answered();
  await later();
  expect(one.state.state).toBe('ok');
});

it('close ends it at once, also during a check', async () => {
  const { reachability: one, running } = watching([up]);
  await settleDown();
  one.close();
  await running;
  const hanging = new Reachability(
    (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve([down]))),
    () => {},
  );
  const run = hanging.run();
  await settleDown();
  hanging.close();
  await run;
  expect(hanging.state.state).toBe('unknown');
});
