import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TransformFunction, defineTransform } from '../../../src/transform/api.ts';
import { testTransform } from '../../../src/transform/testing.ts';

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
  it('sets a transform up with its options, and their defaults', async () => {
    const plain = await testTransform(suffix);
    expect(await plain({ message: 'a' })).toEqual([{ message: 'a!' }]);
    const asked = await testTransform(suffix, { text: '?' });
    expect(await asked({ message: 'a' })).toEqual([{ message: 'a?' }]);
  });

  it('refuses options that the schema refuses', async () => {
    await expect(testTransform(suffix, { text: 5 })).rejects.toThrow(z.ZodError);
    await expect(testTransform(suffix, { txet: 'x' })).rejects.toThrow(/txet/);
  });

  it('takes plain functions', async () => {
    const run = await testTransform((event) => ({ ...event, seen: true }));
    expect(await run({ a: 1 })).toEqual([{ a: 1, seen: true }]);
  });

  it('gives no events where one is dropped, and all where it becomes several', async () => {
    expect(await (await testTransform(() => undefined))({})).toEqual([]);
    expect(await (await testTransform(() => []))({})).toEqual([]);
    expect(await (await testTransform(() => [{ n: 1 }, { n: 2 }]))({})).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('awaits asynchronous transforms, and asynchronous set-up', async () => {
    const run = await testTransform(
      defineTransform({ setup: async () => async (event) => Promise.resolve({ ...event, late: true }) }),
    );
    expect(await run({})).toEqual([{ late: true }]);
  });

  it('takes null for nothing, and refuses what is no event, as the aggregator does', async () => {
    const returning = (result: unknown) => testTransform((() => result) as TransformFunction);
    expect(await (await returning(null))({})).toEqual([]);
    for (const result of ['text', 5, new Map(), [{ n: 1 }, 'text'], Object.assign([], { 1: {} })]) {
      const run = await returning(result);
      await expect(run({})).rejects.toThrow(/an event must be a plain object/);
    }
  });

  it('rejects with what the transform throws', async () => {
    const run = await testTransform(() => {
      throw new RangeError('no');
    });
    await expect(run({})).rejects.toThrow(RangeError);
  });

  it('gives a record, of which the test may set what it needs', async () => {
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
});
