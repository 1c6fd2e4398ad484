import {
  BoundedMap,
  type BatchTransform,
  type Event,
  type RecordInfo,
  type TransformDefinition,
  type TransformResult,
  defineTransform,
  routeTo,
} from 'logweir';
import { targetOf } from 'logweir/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

describe('the types', () => {
  it('of options, after their defaults, are those of the setup', () => {
    defineTransform({
      options: z.strictObject({ field: z.string().default('message'), limit: z.int().optional() }),
      setup(options, context) {
        expectTypeOf(options).toEqualTypeOf<{ field: string; limit?: number | undefined }>();
        expectTypeOf(context.directory).toEqualTypeOf<string>();
        return (event, record) => {
          expectTypeOf(event).toEqualTypeOf<Event>();
          expectTypeOf(record).toEqualTypeOf<RecordInfo>();
          return event;
        };
      },
    });
    expect(expectTypeOf).toBeDefined();
  });

  it('allow only one event, several, none, and promises of these', () => {
    expectTypeOf<Event | readonly Event[] | undefined>().toEqualTypeOf<TransformResult>();
    type Setup = TransformDefinition['setup'];
    expectTypeOf<() => (event: Event) => Event>().toExtend<Setup>();
    expectTypeOf<() => (event: Event) => undefined>().toExtend<Setup>();
    expectTypeOf<() => (event: Event) => Promise<Event[]>>().toExtend<Setup>();
    expectTypeOf<() => BatchTransform>().toExtend<Setup>();
    expectTypeOf<() => (event: Event) => number>().not.toExtend<Setup>();
    expectTypeOf<() => (event: Event) => Event | null>().not.toExtend<Setup>();
    expectTypeOf<() => Event>().not.toExtend<Setup>();
    expect(expectTypeOf).toBeDefined();
  });

  it('of a record are read-only', () => {
    expectTypeOf<RecordInfo>().toExtend<Readonly<RecordInfo>>();
    const write = (record: RecordInfo): void => {
      // @ts-expect-error -- read-only
      record.offset = 1;
    };
    expect(write).toBeDefined();
  });
});

describe('routeTo', () => {
  it('is kept in a copy, and is not a field of the document', () => {
    const event = routeTo({ n: 1 }, 'audit');
    expect(targetOf({ ...event, m: 2 })).toBe('audit');
    expect(JSON.stringify(event)).toBe('{"n":1}');
    expect(targetOf({ n: 1 })).toBeUndefined();
  });

  it.each([
    ['', '""'],
    [undefined, 'undefined'],
    [5, '5'],
  ])('rejects %j with a message', (index, shown) => {
    expect(() => routeTo({}, index as string)).toThrow(`a non-empty string, not ${shown}`);
  });
});

describe('BoundedMap', () => {
  it('evicts the least recently used entry', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
  });

  it.each([0, -1, 1.5, Number.NaN])('rejects the limit %d', (max) => {
    expect(() => new BoundedMap(max)).toThrow(RangeError);
  });
});
