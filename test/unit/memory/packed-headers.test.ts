import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { packHeaders, packedLength, unpackHeaders } from '../../../src/memory/packed-headers.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { RecordChunk } from '../../../src/memory/record-chunk.ts';
import { received, sourceRecord } from '../support/fakes.ts';

type Headers = NonNullable<SourceRecord['headers']>;

/** As the Kafka client gives them: each in an object of its own, its value as bytes, and empty ones in place of nothing. */
function asBytes(headers: Headers): Headers {
  return headers.flatMap((header) =>
    Object.keys(header).map((name) => {
      const value: Buffer | string | null | undefined = header[name];
      const own = Object.create(null) as Record<string, Buffer>;
      own[name] = Buffer.from(value ?? '');
      return { ...own };
    }),
  );
}

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
  expect(unpackHeaders(packHeaders(headers))).toEqual(asBytes(headers));
});

it('whatever headers there are, they come out as they were', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'grapheme' }),
  );
  const name = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(fc.dictionary(name, value, { maxKeys: 2, noNullPrototype: true })), (headers) => {
      const packed = packHeaders(headers);
      expect(packed.length).toBe(packedLength(headers));
      expect(unpackHeaders(packed)).toEqual(asBytes(headers));
    }),
  );
});

const bytesOf = (headers: Headers | undefined): Buffer => headers?.[0]?.['a'] as Buffer;

it('a record keeps none of the buffers that the client gave', () => {
  const [key, value, header] = ['k', 'v', 'h'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const { record } = received({ key, value, headers: [{ a: header }] }).settlement;
  for (const buffer of [key, value, header]) buffer.fill('y');
  expect(record).toMatchObject({ key: Buffer.from('k'), value: Buffer.from('v') });
  expect(record.headers).toEqual([{ a: Buffer.from('h') }]);
});

it('nothing of the headers that a record gives is shared with its neighbours, or with what it gives the next time', () => {
  const record = RecordChunk.of(sourceRecord({ headers: [{ a: 'x' }, { b: 'y' }] })).record(0);
  bytesOf(record.headers).fill('z');
  expect(record.headers?.[1]).toEqual({ b: Buffer.from('y') });
  const { record: kept } = received({ headers: [{ a: 'x' }] }).settlement;
  bytesOf(kept.headers).fill('z');
  expect(kept.headers).toEqual([{ a: Buffer.from('x') }]);
});
