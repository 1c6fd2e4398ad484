import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { packHeaders, unpackHeaders } from '../../src/packed-headers.ts';
import type { SourceRecord } from '../../src/settlement.ts';
import { TakenRecord } from '../../src/taken-record.ts';
import { sourceRecord } from './support/fakes.ts';

type Headers = NonNullable<SourceRecord['headers']>;

it.each<[string, Headers]>([
  ['none', []],
  ['bytes that are no text', [{ trace: Buffer.from([0xff, 0, 0xfe]) }]],
  ['text', [{ 'trace-€': 'é\u{1f600}' }]],
  ['one name twice, in order', [{ a: Buffer.from('1') }, { b: Buffer.from('2') }, { a: Buffer.from('3') }]],
  ['empty ones', [{ a: Buffer.alloc(0) }, { b: '' }, { '': Buffer.from('x') }]],
  ['one of no name', [{}, { a: Buffer.from('1') }]],
  ['one called __proto__', [{ ['__proto__']: Buffer.from('1') }, { constructor: 'x' }]],
  ['several in one object', [{ a: Buffer.from('1'), b: Buffer.from('2') }]],
  ['one without a value', [{ a: null as unknown as Buffer }]],
])('headers come out as they were: %s', (_name, headers) => {
  expect(unpackHeaders(packHeaders(headers))).toEqual(headers);
});

it('whatever headers there are, they come out as they were', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'grapheme' }),
  );
  const name = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(fc.dictionary(name, value, { maxKeys: 2, noNullPrototype: true })), (headers) => {
      expect(unpackHeaders(packHeaders(headers))).toEqual(headers);
    }),
  );
});

it('a record keeps none of the buffers that the client gave', () => {
  const value = Buffer.from('x');
  const record = new TakenRecord(sourceRecord({ headers: [{ a: value }] }), 'app-logs');
  value.fill('y');
  expect(record.headers).toEqual([{ a: Buffer.from('x') }]);
});
