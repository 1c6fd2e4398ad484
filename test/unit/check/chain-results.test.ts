import { describe, expect, it } from 'vitest';
import { type TrialMessage, chainResults } from '../../../src/check/chain-results.ts';
import { configOf } from '../support/config.ts';

const loaded: TrialMessage = { kind: 'loaded' };
const record: TrialMessage = { kind: 'record', name: 't:0:7' };
const step: TrialMessage = { kind: 'step', name: './mine.ts' };

function resultsOf(messages: readonly TrialMessage[], isLate = false): string[] {
  return chainResults({ messages, isLate }, configOf()).map(({ check, result }) => `${check} ${result}`);
}

function done(part: object): TrialMessage {
  return { kind: 'done', read: 4, dropped: 0, tombstones: 0, failures: [], ...part };
}

describe('loading', () => {
  it('fails with its reason, or without a message', () => {
    expect(resultsOf([{ kind: 'not_loaded', reason: 'no' }])).toEqual(['transforms.load failed']);
    expect(resultsOf([{ kind: 'started' }], true)).toEqual(['transforms.load failed']);
    expect(resultsOf([])).toEqual(['transforms.load failed']);
  });

  it('is not checkable on a machine that is too busy to start it', () => {
    expect(resultsOf([], true)).toEqual(['transforms.load warning']);
  });

  it('without records to read is no ok for the records', () => {
    expect(resultsOf([loaded, { kind: 'unread', reason: 'no' }])).toEqual([
      'transforms.load ok',
      'transforms.records warning',
    ]);
    expect(resultsOf([loaded], true)[1]).toBe('transforms.records warning');
  });
});

describe('records', () => {
  const failure = { record: 't:0:7', by: 'transform x', error: 'TypeError' };

  it('that a transform never finishes name both', () => {
    const [, found] = chainResults({ messages: [loaded, record, step], isLate: true }, configOf());
    expect(found).toMatchObject({
      result: 'failed',
      message: 'transform ./mine.ts does not finish with record t:0:7',
    });
    const [, crash] = chainResults({ messages: [loaded, record], isLate: false }, configOf());
    expect(crash?.message).toBe('the chain ends the process with record t:0:7');
  });

  it.each([
    ['all passing', {}, 'ok'],
    ['some dropped', { dropped: 3 }, 'ok'],
    ['all dropped', { dropped: 4 }, 'warning'],
    ['dropped and tombstones', { dropped: 2, tombstones: 2 }, 'warning'],
    ['one failing', { failures: [failure] }, 'warning'],
    ['all failing', { failures: [failure, failure, failure, failure] }, 'failed'],
    ['none', { read: 0 }, 'ok'],
  ])('%s', (_name, part, expected) => {
    expect(resultsOf([loaded, record, done(part)])).toEqual([
      'transforms.load ok',
      `transforms.records ${expected}`,
    ]);
  });
});
