import { describe, expect, it } from 'vitest';
import { readLetter } from '../../../src/kafka/letter.ts';
import type { SourceRecord } from '../../../src/settlement.ts';
import { sourceRecord } from '../support/fakes.ts';

const SAID: Record<string, string> = {
  reason: 'invalid_json',
  message: 'unexpected character at byte 3',
  topic: 'app-logs',
  partition: '3',
  offset: '1042',
  timestamp: '1767323045678',
  time: '2026-01-02T03:04:06.000Z',
};

/** A record of the dead-letter topic whose headers say this, after headers that it had of its own. */
function letter(said: Record<string, string>, own: SourceRecord['headers'] = []): SourceRecord {
  const headers = Object.entries(said).map(([name, value]) => ({ [`logweir-${name}`]: Buffer.from(value) }));
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
  it('is read where a header has no value, or the name __proto__', () => {
    const odd = [{ none: null }, { ['__proto__']: Buffer.from('p') }, { 'logweir-truncated-from': null }];
    const read = readLetter(letter(SAID, odd as never));
    expect(read?.truncated).toBe(true);
    expect(read?.record.headers?.map((header) => Object.entries(header)[0])).toEqual([
      ['none', Buffer.alloc(0)],
      ['__proto__', Buffer.from('p')],
    ]);
  });

  it('gives the record as it was, at its own coordinates, and what was said of it', () => {
    expect(readLetter(letter(SAID))).toEqual({
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

  it("keeps the record's own headers, in order, twice where they were there twice", () => {
    const own = [{ trace: Buffer.from('a') }, { other: 'b' }, { trace: Buffer.from('c') }];
    expect(readLetter(letter(SAID, own))?.record.headers).toEqual(own);
  });

  it('says whether its value was cut short', () => {
    expect(readLetter(letter({ ...SAID, 'truncated-from': '5000', sha256: 'abc' }))?.truncated).toBe(true);
  });

  it('of a record without a timestamp gives none', () => {
    expect(readLetter(letter({ ...SAID, timestamp: '-1' }))?.record.timestamp).toBe(-1);
  });

  it('that was dead-lettered again speaks of its last failure', () => {
    const again = letter({ ...SAID, reason: 'first' });
    const headers = [...(again.headers ?? []), { 'logweir-reason': 'second' }];
    expect(readLetter({ ...again, headers })?.reason).toBe('second');
  });
});

describe('what is no letter of ours', () => {
  it.each<[string, SourceRecord]>([
    ['a record without headers', sourceRecord({ headers: undefined })],
    ['a record with headers of its own only', letter({}, [{ trace: 'a' }])],
    ['an offset that is no number', letter({ ...SAID, offset: 'x' })],
    ['a partition that is no whole number', letter({ ...SAID, partition: '1.5' })],
    ['an offset beyond what is exact', letter({ ...SAID, offset: '9007199254740993' })],
    ...['topic', 'partition', 'offset', 'timestamp'].map((name): [string, SourceRecord] => {
      const { [name]: _without, ...rest } = SAID;
      return [`a letter without its ${name}`, letter(rest)];
    }),
  ])('%s', (_name, record) => {
    expect(readLetter(record)).toBeUndefined();
  });
});
