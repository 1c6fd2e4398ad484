import { beforeEach, expect, it } from 'vitest';
import { DataStreams } from '../../../src/elasticsearch/data-streams.ts';
import { Document } from '../../../src/elasticsearch/document.ts';
import { judge, type Answer } from '../../../src/elasticsearch/verdict.ts';
import { NO_CHUNK } from '../../../src/memory/arena.ts';
import { received } from '../support/fakes.ts';

const never = new AbortController().signal;
const error = (type: string, reason: string, status: number): Answer => ({
  status,
  body: JSON.stringify({ error: { type, reason }, status }),
});
/** As OpenSearch 2.19 and 3.6 answer. */
const LISTED: Answer = { status: 200, body: '{"data_streams":[{"name":"logs","indices":[]}]}' };
const ORDINARY: Answer = { status: 200, body: '{"data_streams":[]}' };
const ABSENT = error('index_not_found_exception', 'no such index [logs]', 404);
const WITHOUT_TEMPLATE = error(
  'illegal_argument_exception',
  'no matching index template found for data stream [logs]',
  400,
);
const EXISTS = error('resource_already_exists_exception', 'data_stream [logs] already exists', 400);
const FORBIDDEN = error('security_exception', 'no permissions for [indices:admin/data_stream/get]', 403);
const MADE: Answer = { status: 200, body: '{"acknowledged":true}' };

let asked: string[] = [];
beforeEach(() => {
  asked = [];
});

const answering = (answers: Record<string, Answer>): DataStreams =>
  new DataStreams(async (method, path) => {
    asked.push(`${method} ${path}`);
    return answers[`${method} ${path}`] ?? answers[method] ?? { failure: 'not asked for' };
  });

const document = (index: string): Document => new Document(received({}).settlement, index, NO_CHUNK, 0, 0);
const letter = (index: string): Document => {
  const made = document(index);
  made.acknowledged = () => {};
  return made;
};

it.each<[string, Record<string, Answer>, string[]]>([
  ['exists', { GET: LISTED }, ['GET /_data_stream/logs']],
  ['is made', { GET: ABSENT, PUT: MADE }, ['GET /_data_stream/logs', 'PUT /_data_stream/logs']],
  ['is made by another', { GET: ABSENT, PUT: EXISTS }, ['GET /_data_stream/logs', 'PUT /_data_stream/logs']],
])('a data stream that %s is checked once, and the request is sent', async (_name, answers, requests) => {
  const streams = answering(answers);
  for (let request = 0; request < 2; request++)
    expect(await streams.rejection([document('logs'), document('logs')], never)).toBeNull();
  expect(asked).toEqual(requests);
});

it.each<[string, Record<string, Answer>, object]>([
  [
    'no template makes it',
    { GET: ABSENT, PUT: WITHOUT_TEMPLATE },
    {
      kind: 'hold',
      reason: expect.stringMatching(
        /^404 index_not_found_exception: no index template creates the data stream logs; install one: PUT _index/,
      ) as unknown,
    },
  ],
  [
    'it is an ordinary index',
    { GET: ORDINARY },
    {
      kind: 'hold',
      reason: expect.stringMatching(
        /^404 resource_not_found_exception: logs is not a data stream/,
      ) as unknown,
    },
  ],
  [
    'the role may not look',
    { GET: FORBIDDEN },
    {
      kind: 'hold',
      reason: '403 security_exception: the role lacks the permission indices:admin/data_stream/get',
    },
  ],
])('its documents are held where %s; the others are sent again', async (_name, answers, verdict) => {
  const streams = answering({ ...answers, 'GET /_data_stream/other': LISTED2 });
  const documents = [document('logs'), document('other'), letter('letters')];
  const rejection = await streams.rejection(documents, never);
  const judged = judge(rejection ?? { failure: 'sent' }, 3);
  const again = { kind: 'retry', reason: '503 not_sent' };
  expect(judged).toMatchObject({ kind: 'items', items: [verdict, again, again] });
  expect(await streams.rejection(documents.slice(1), never)).toBeNull();
});
const LISTED2: Answer = { status: 200, body: '{"data_streams":[{"name":"other"}]}' };

it.each<[string, Answer]>([
  ['an outage', { failure: 'connect ECONNREFUSED' }],
  ['an overload', error('rejected_execution_exception', 'rejected', 429)],
  ['a rejected login', { status: 401, body: 'Unauthorized' }],
])('%s is the answer to the whole request', async (_name, answer) => {
  expect(await answering({ GET: answer }).rejection([document('logs')], never)).toBe(answer);
});

it('dead letters go to an index that is not checked', async () => {
  expect(await answering({}).rejection([letter('letters')], never)).toBeNull();
  expect(asked).toEqual([]);
});
