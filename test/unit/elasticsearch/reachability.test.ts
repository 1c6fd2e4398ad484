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

/** Answers of the endpoints, in turn; the last ones go on. */
function watching(...answers: EndpointState[][]) {
  let asked = 0;
  const told: string[] = [];
  const made = new Reachability(
    async () => answers[Math.min(asked++, answers.length - 1)] ?? [],
    ({ state }) => void told.push(state),
  );
  reachability = made;
  const running = made.run();
  /** Lets the time come at which it looks again. */
  const later = async (): Promise<void> => {
    now += 6000;
    fakeDelay.end();
    await settleDown();
  };
  return { reachability: made, told, running, later, asked: () => asked };
}

it('nothing is known before the first answer, and that is not ready', async () => {
  const { reachability: one } = watching([up]);
  expect(one.state).toMatchObject({ state: 'unknown', reason: 'Elasticsearch has not answered yet' });
  await settleDown();
  expect(one.state).toMatchObject({ state: 'ok', reason: null });
});

it('a wrong address is said with its reason, asked again and again, and is over when it answers', async () => {
  const { reachability: one, told, later } = watching([down], [down], [up]);
  await settleDown();
  expect(one.state).toMatchObject({ state: 'unreachable', reason: 'http://a/: connect ECONNREFUSED' });
  const { since } = one.state;
  await later();
  expect(one.state).toMatchObject({ state: 'unreachable', since });
  await later();
  expect(one.state.state).toBe('ok');
  expect(told).toEqual(['unreachable', 'ok']);
});

it('what goes away while nothing is sent is noticed', async () => {
  const { reachability: one, later } = watching([up], [down]);
  await settleDown();
  expect(one.state.state).toBe('ok');
  await later();
  expect(one.state.state).toBe('unreachable');
});

it('nothing is asked while bulk requests are answered, which say more', async () => {
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

it('an answered bulk request ends what the endpoints said before, for as long as they are not asked again', async () => {
  const { reachability: one, told } = watching([down]);
  await settleDown();
  one.answered();
  one.answered();
  now += 60_000;
  expect(one.state).toMatchObject({ state: 'ok', reason: null });
  expect(told).toEqual(['unreachable', 'ok']);
});

it('one endpoint that answers is enough, and the status says which does not', async () => {
  const { reachability: one, told } = watching([down, { ...up, endpoint: 'http://b/' }]);
  await settleDown();
  expect(one.state).toMatchObject({ state: 'ok', reason: 'http://a/: connect ECONNREFUSED' });
  expect(told).toEqual(['ok']);
});

it('what answers and is no Elasticsearch is unreachable, unless bulk requests have been answered: a proxy may pass on nothing else', async () => {
  const { reachability: one, later } = watching([foreign]);
  await settleDown();
  expect(one.state.state).toBe('unreachable');
  one.answered();
  await later();
  expect(one.state.state).toBe('ok');
});

it('is over at once when it is closed, also in the middle of a question', async () => {
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
