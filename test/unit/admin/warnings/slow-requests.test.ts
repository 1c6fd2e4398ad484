import { expect, it } from 'vitest';
import { SlowRequests } from '../../../../src/admin/warnings/slow-requests.ts';

/** After its first answer. */
function started(): SlowRequests {
  const requests = new SlowRequests();
  requests.ended({}, true, 0);
  return requests;
}

/** Answers of so many seconds, one a second. @returns the time after them */
function answer(requests: SlowRequests, seconds: number, count: number, from: number): number {
  for (let at = from; at < from + count; at++) {
    const request = {};
    requests.sent(request, at - seconds);
    requests.ended(request, true, at);
  }
  return from + count;
}

it('answers of 5 s are told, those below are not, and the warning lasts until ten seconds without slow ones', () => {
  const requests = started();
  let now = answer(requests, 4.9, 20, 100);
  expect(requests.look(now, false)).toEqual([]);
  now = answer(requests, 5, 20, now);
  expect(requests.look(now, false)).toMatchObject([
    {
      cause: 'elasticsearch_slow',
      message: expect.stringContaining('its answers take 5 s'),
      details: { seconds: 5 },
    },
  ]);
  // Answers between both limits neither begin a warning nor end one.
  now = answer(requests, 3, 20, now);
  expect(requests.look(now, false)).toHaveLength(1);
  answer(requests, 0.1, 11, now);
  expect(requests.look(now + 9, false)).toHaveLength(1);
  answer(requests, 0.1, 10, now + 11);
  expect(requests.look(now + 22, false)).toEqual([]);
});

it('one slow answer among fast ones is no slow Elasticsearch', () => {
  const requests = started();
  const now = answer(requests, 0.1, 9, 100);
  answer(requests, 8, 1, now);
  expect(requests.look(now + 1, false)).toEqual([]);
});

it('a request that waits is told before its answer, with the number of those that wait', () => {
  const requests = started();
  requests.sent({}, 100);
  requests.sent({}, 103);
  expect(requests.look(104.9, false)).toEqual([]);
  expect(requests.look(105, false)).toMatchObject([{ details: { seconds: 5, open_requests: 2 } }]);
});

it('requests without an answer, and an outage, are not told as slow', () => {
  const requests = started();
  const [one, other] = [{}, {}];
  requests.sent(one, 100);
  requests.ended(one, false, 120);
  expect(requests.look(120, false)).toEqual([]);
  requests.sent(other, 120);
  expect(requests.look(130, true)).toEqual([]);
  expect(requests.look(130, false)).toHaveLength(1);
  expect(requests.look(131, true)).toEqual([]);
});

it('the first requests, which may create an index on a server that has just started, are not told', () => {
  const requests = new SlowRequests();
  const first = {};
  requests.sent(first, 100);
  requests.sent({}, 100);
  expect(requests.look(110, false)).toEqual([]);
  requests.ended(first, true, 110);
  expect(requests.look(111, false)).toEqual([]);
  requests.sent({}, 111);
  expect(requests.look(116, false)).toHaveLength(1);
});
