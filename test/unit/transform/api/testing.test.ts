import { types } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Event, type TransformFunction, defineTransform } from '../../../../src/transform/api/api.ts';
import { testTransform } from '../../../../src/transform/api/testing.ts';

const suffix = defineTransform({
  options: z.strictObject({ text: z.string().default('!') }),
  setup:
    ({ text }, { name, log, metrics }) =>
    (event) => {
      log.info({ name }, 'called');
      metrics.count('calls');
      return { message: String(event['message']) + text };
    },
});

describe('testTransform', () => {
  it('sets up a transform with its options and their defaults', async () => {
    const plain = await testTransform(suffix);
    expect(await plain({ message: 'a' })).toEqual([{ message: 'a!' }]);
    const asked = await testTransform(suffix, { text: '?' });
    expect(await asked({ message: 'a' })).toEqual([{ message: 'a?' }]);
  });

  it('rejects options that the schema rejects', async () => {
    await expect(testTransform(suffix, { text: 5 })).rejects.toThrow(z.ZodError);
    await expect(testTransform(suffix, { txet: 'x' })).rejects.toThrow(/txet/);
  });

  it('accepts plain functions', async () => {
    const run = await testTransform((event) => ({ ...event, seen: true }));
    expect(await run({ a: 1 })).toEqual([{ a: 1, seen: true }]);
  });

  it('returns no events for a dropped one, and all of several', async () => {
    expect(await (await testTransform(() => undefined))({})).toEqual([]);
    expect(await (await testTransform(() => []))({})).toEqual([]);
    expect(await (await testTransform(() => [{ n: 1 }, { n: 2 }]))({})).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('awaits asynchronous transforms and setups', async () => {
    const run = await testTransform(
      defineTransform({ setup: async () => async (event) => Promise.resolve({ ...event, late: true }) }),
    );
    expect(await run({})).toEqual([{ late: true }]);
  });

  it('treats null as a drop, and rejects values that are not events, as the aggregator does', async () => {
    const returning = (result: unknown) => testTransform((() => result) as TransformFunction);
    expect(await (await returning(null))({})).toEqual([]);
    for (const result of ['text', 5, new Map(), [{ n: 1 }, 'text'], Object.assign([], { 1: {} })]) {
      const run = await returning(result);
      await expect(run({})).rejects.toThrow(/an event must be a plain object/);
    }
  });

  it("rejects with the transform's error", async () => {
    const run = await testTransform(() => {
      throw new RangeError('no');
    });
    await expect(run({})).rejects.toThrow(RangeError);
  });

  it('passes a record whose properties the test may set', async () => {
    const run = await testTransform((_event, { topic, partition, offset, key, headers }) => ({
      topic,
      partition,
      offset,
      key,
      headers,
    }));
    expect(await run({})).toEqual([
      { topic: 'app-logs', partition: 0, offset: 0, key: null, headers: undefined },
    ]);
    expect(await run({}, { topic: 'other', offset: 7 })).toMatchObject([{ topic: 'other', offset: 7 }]);
  });

  it('passes lazy events, which cannot be cloned, to a transform that asks for them', async () => {
    const clones = (lazy: boolean) =>
      defineTransform({ lazy, setup: () => (event) => structuredClone(event) });
    await expect((await testTransform(clones(true)))({ a: 1 })).rejects.toThrow('could not be cloned');
    expect(await (await testTransform(clones(false)))({ a: 1 })).toEqual([{ a: 1 }]);
  });

  it('returns plain events, also from a transform that asks for lazy ones', async () => {
    const sets = defineTransform({
      lazy: true,
      setup: () => (event) => {
        event['x'] = 1;
        return event;
      },
    });
    const run = await testTransform(sets);
    const [event] = await run({ a: 1, id: 9007199254740993n });
    expect(structuredClone(event)).toEqual({ a: 1, id: 9007199254740993n, x: 1 });
    const [plain] = await run({ a: { b: 'é' } });
    expect(types.isProxy(plain)).toBe(false);
    expect(structuredClone(plain)).toEqual({ a: { b: 'é' }, x: 1 });
  });

  it('passes values without a JSON form unchanged, since an earlier transform may have made them', async () => {
    const returns = defineTransform({ lazy: true, setup: () => (event) => event });
    const run = await testTransform(returns);
    const cyclic: Event = {};
    cyclic['self'] = cyclic;
    for (const event of [
      { at: new Date(0) },
      { a: undefined },
      { list: [() => 1] },
      { n: Number.NaN },
      cyclic,
    ])
      expect((await run(event))[0]).toBe(event);
  });

  it('passes the same event of the test to a plain function', async () => {
    const event = { a: 1 };
    expect((await (await testTransform((same) => same))(event))[0]).toBe(event);
  });

  it('aggregates events in the order of the records, and fails as the aggregator does', async () => {
    const joins = defineTransform({
      setup: () => ({
        key: ({ host }) => (typeof host === 'string' ? host : undefined),
        starts: ({ head }) => head === true,
        merge: (events) => {
          if (events.some(({ bad }) => bad === true)) throw new RangeError('cannot be merged');
          return { n: events.map(({ n }) => n) };
        },
        maxEvents: 3,
        maxGapMs: 1000,
      }),
    });
    const run = await testTransform(joins);
    expect(await run({ n: 0 })).toEqual([{ n: 0 }]);
    expect(await run({ n: 1, host: 'a' })).toEqual([]);
    expect(await run({ n: 2, host: 'a' })).toEqual([]);
    expect(await run({ n: 3, host: 'a' })).toEqual([{ n: [1, 2, 3] }]);
    expect(await run({ n: 4, host: 'a' })).toEqual([]);
    expect(await run({ n: 5, host: 'b' }, { timestamp: Date.UTC(2026, 0, 2) })).toEqual([
      { n: 4, host: 'a' },
    ]);
    expect(await run({ n: 6, host: 'b', bad: true }, { timestamp: Date.UTC(2026, 0, 2) })).toEqual([]);
    await expect(run.end()).rejects.toThrow(RangeError);
    expect(await run.end()).toEqual([]);
  });

  it('releases the resources of the transform', async () => {
    const released: string[] = [];
    const opens = defineTransform({
      setup(_options, { onClose }) {
        onClose(() => void released.push('opened'));
        return (event) => event;
      },
    });
    const run = await testTransform(opens);
    await run({});
    expect(released).toEqual([]);
    await run.close();
    expect(released).toEqual(['opened']);
  });
});
