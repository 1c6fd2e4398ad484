import { describe, expect, it } from 'vitest';
import { parseDeadLetter } from '../../../src/dead-letter/headers.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { sourceRecord } from '../support/fakes.ts';

const FIELDS: Record<string, string> = {
  reason: 'invalid_json',
  message: 'unexpected character at byte 3',
  topic: 'app-logs',
  partition: '3',
  offset: '1042',
  timestamp: '1767323045678',
  time: '2026-01-02T03:04:06.000Z',
};

/** A record of the dead-letter topic with these headers, after its own. */
function deadLetter(fields: Record<string, string>, own: SourceRecord['headers'] = []): SourceRecord {
  const headers = Object.entries(fields).map(([name, value]) => ({
    [`logweir-${name}`]: Buffer.from(value),
  }));
  return sourceRecord({
    topic: 'app-logs-dlq',
    partition: 0,
    offset: 5,
    timestamp: 1,
    key: Buffer.from('k'),
    value: Buffer.from('{'),
    headers: [...own, ...headers],
  });
}

describe('a dead letter', () => {
  it('is parsed if a header has no value, or the name __proto__', () => {
    const odd = [{ none: null }, { ['__proto__']: Buffer.from('p') }, { 'logweir-truncated-from': null }];
    const read = parseDeadLetter(deadLetter(FIELDS, odd as never));
    expect(read?.truncated).toBe(true);
    expect(read?.record.headers?.map((header) => Object.entries(header)[0])).toEqual([
      ['none', Buffer.alloc(0)],
      ['__proto__', Buffer.from('p')],
    ]);
  });

  it('contains the original record, with its own coordinates, and the reason', () => {
    expect(parseDeadLetter(deadLetter(FIELDS))).toEqual({
      reason: 'invalid_json',
      message: 'unexpected character at byte 3',
      time: '2026-01-02T03:04:06.000Z',
      truncated: false,
      record: {
        topic: 'app-logs',
        partition: 3,
        offset: 1042,
        timestamp: 1_767_323_045_678,
        key: Buffer.from('k'),
        value: Buffer.from('{'),
        headers: undefined,
      },
    });
  });

  it("keeps the record's own headers, in order, with duplicates", () => {
    const own = [{ trace: Buffer.from('a') }, { other: 'b' }, { trace: Buffer.from('c') }];
    expect(parseDeadLetter(deadLetter(FIELDS, own))?.record.headers).toEqual(own);
  });

  it('tells whether its value was truncated', () => {
    expect(
      parseDeadLetter(deadLetter({ ...FIELDS, 'truncated-from': '5000', sha256: 'abc' }))?.truncated,
    ).toBe(true);
  });

  it('of a record without a timestamp has none', () => {
    expect(parseDeadLetter(deadLetter({ ...FIELDS, timestamp: '-1' }))?.record.timestamp).toBe(-1);
  });

  it('that was dead-lettered again has the reason of its last failure', () => {
    const again = deadLetter({ ...FIELDS, reason: 'first' });
    const headers = [...(again.headers ?? []), { 'logweir-reason': 'second' }];
    expect(parseDeadLetter({ ...again, headers })?.reason).toBe('second');
  });
});

describe('no dead letter of Logweir', () => {
  it.each<[string, SourceRecord]>([
    ['a record without headers', sourceRecord({ headers: undefined })],
    ['a record with only its own headers', deadLetter({}, [{ trace: 'a' }])],
    ['an offset that is not a number', deadLetter({ ...FIELDS, offset: 'x' })],
    ['a partition that is not an integer', deadLetter({ ...FIELDS, partition: '1.5' })],
    ['an offset above the safe integers', deadLetter({ ...FIELDS, offset: '9007199254740993' })],
    ...['topic', 'partition', 'offset', 'timestamp'].map((name): [string, SourceRecord] => {
      const { [name]: _without, ...rest } = FIELDS;
      return [`a dead letter without its ${name}`, deadLetter(rest)];
    }),
  ])('%s', (_name, record) => {
    expect(parseDeadLetter(record)).toBeUndefined();
  });
});
