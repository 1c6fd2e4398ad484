import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event } from 'logweir';
import { runOne, sortedLeavesOf } from '../support/leaves.ts';
import ecs from '../../transforms/ecs.ts';

describe('ecs', () => {
  const agent = { source_type: 'file', message: 'm', timestamp: '2026-11-22T09:00:00Z' };
  const own = '2026-11-22T08:26:41.123Z';

  it.each<[string, Event, Event]>([
    [
      'a parsed time, which takes precedence over the time of the agent',
      { ...agent, '@timestamp': own },
      { '@timestamp': own, vector: { timestamp: agent.timestamp } },
    ],
    ['a parsed time alone', { source_type: 'file', '@timestamp': own }, { '@timestamp': own }],
    ['the time of the agent', agent, { '@timestamp': agent.timestamp }],
    ['a time in ms', { source_type: 'file', '@timestamp': 1763800000123 }, { '@timestamp': 1763800000123 }],
    [
      'an invalid time',
      { ...agent, '@timestamp': 'soon' },
      { '@timestamp': agent.timestamp, vector: { '@timestamp': 'soon' } },
    ],
    [
      'two invalid times',
      { ...agent, timestamp: 'x', '@timestamp': 'soon' },
      { '@timestamp': 'soon', vector: { timestamp: 'x' } },
    ],
    [
      'a host that is an object',
      { ...agent, host: { name: 'pay-1', os: { type: 'linux' } } },
      { host: { name: 'pay-1', os: { type: 'linux' } } },
    ],
    ['a file that is an object', { ...agent, file: { path: '/x' } }, { file: { path: '/x' } }],
    [
      'names with dots',
      { ...agent, host: 'h', 'log.level': 'info', 'ecs.version': '8.11', file: '/x' },
      { host: { name: 'h' }, 'log.level': 'info', 'ecs.version': '8.11', log: { file: { path: '/x' } } },
    ],
    [
      'a host with dots in its name',
      { ...agent, host: 'h', 'host.name': 'own' },
      { 'host.name': 'own', vector: { host: 'h' } },
    ],
    [
      'a text where the schema has an object',
      { ...agent, process: 'nginx' },
      { vector: { process: 'nginx' } },
    ],
    [
      'an existing module',
      { ...agent, event: { module: 'nginx' } },
      { event: { module: 'nginx' }, vector: { source_type: 'file' } },
    ],
    [
      'an event that is a text',
      { ...agent, event: 'login' },
      { event: { module: 'file' }, vector: { event: 'login' } },
    ],
    [
      'labels with names that become equal',
      { source_type: 'docker_logs', label: { 'a.b': 1, a_b: 2 } },
      { container: { labels: { a_b: 1, a_b_2: 2 } } },
    ],
    ['labels that are a text', { source_type: 'docker_logs', label: 'x' }, { vector: { label: 'x' } }],
    ['a number that is none', { source_type: 'journald', _PID: 'x1' }, { vector: { _PID: 'x1' } }],
  ])('%s', async (_name, event, expected) => {
    const { event: made, message: _message, ...rest } = await runOne(ecs, event);
    const { event: module, ...wanted } = expected;
    const time = event['timestamp'] === undefined ? {} : { '@timestamp': event['timestamp'] };
    expect(rest).toEqual({ ...time, ...wanted });
    expect(made).toEqual(module ?? { module: event['source_type'] });
  });

  it('the rest replaces no kept field', async () => {
    const event = { ...agent, labels: { a: 1 }, other: 2, a: 3 };
    expect(await runOne(ecs, event, { rest: 'labels' })).toMatchObject({
      labels: { a: 1, other: 2, a_2: 3 },
    });
    expect(await runOne(ecs, { ...agent, other: 2 }, { rest: 'message' })).toMatchObject({
      message: 'm',
      message_2: { other: 2 },
    });
  });

  it('loses nothing of any event', async () => {
    const key = fc.constantFrom(
      'host',
      'host.name',
      'file',
      'timestamp',
      '@timestamp',
      'log',
      'log.file.path',
      'label',
      'labels',
      'stream',
      'kubernetes',
      'vector',
      'event',
      'source_type',
      'container_id',
      '_PID',
      '__proto__',
      'a.b',
    );
    const value = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.dictionary(fc.constantFrom('a', 'a.b', 'name', '__proto__'), fc.integer()),
      fc.constant({ pod_name: 'p', pod_labels: { 'a.b': 1 } }),
    );
    const kind = fc.constantFrom('file', 'docker_logs', 'kubernetes_logs', 'journald', 'syslog', 'other');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value), kind, async (fields, source_type) => {
        const event = JSON.parse(JSON.stringify({ ...fields, source_type })) as Event;
        const before = sortedLeavesOf(event);
        expect(sortedLeavesOf(await runOne(ecs, event))).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});
