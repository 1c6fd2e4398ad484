import { beforeEach, describe, expect, it } from 'vitest';
import { type Event, type TransformDefinition, defineTransform } from '../../../../src/transform/api/api.ts';
import { setUp } from '../../../../src/transform/runtime/runner.ts';
import { NO_CONTEXT } from '../../support/set-up.ts';

/** Opens two resources, each of which notes its release. */
function opening(released: string[], rest: Partial<TransformDefinition> = {}): TransformDefinition {
  return defineTransform({
    setup(_options, { onClose }) {
      onClose(() => void released.push('first'));
      onClose(async () => {
        await Promise.resolve();
        released.push('last');
      });
      onClose(() => {
        released.push('broken');
        throw new Error('cannot be released');
      });
      return (event) => event;
    },
    ...rest,
  });
}

it('each use of a transform releases its own resources with the chain, even if one release throws', async () => {
  const [one, other]: [string[], string[]] = [[], []];
  const first = await setUp(opening(one, { close: () => void one.push('closed') }), {}, NO_CONTEXT);
  const second = await setUp(opening(other), {}, NO_CONTEXT);
  await first.close();
  expect(one.toSorted()).toEqual(['broken', 'closed', 'first', 'last']);
  expect(one[0]).toBe('broken');
  expect(other).toEqual([]);
  await second.close();
  expect(other.toSorted()).toEqual(['broken', 'first', 'last']);
});

it('a failed setup releases its resources', async () => {
  const released: string[] = [];
  const failing = defineTransform({
    setup(_options, { onClose }) {
      onClose(() => void released.push('pool'));
      throw new Error('no database');
    },
  });
  await expect(setUp(failing, {}, NO_CONTEXT)).rejects.toThrow('no database');
  expect(released).toEqual(['pool']);
});

it('a setup that returns no transform releases its resources', async () => {
  const released: string[] = [];
  const wrong = opening(released, { setup: undefined as never });
  const returning = {
    ...wrong,
    setup: (_: unknown, { onClose }: { onClose(release: () => void): void }) => {
      onClose(() => void released.push('pool'));
      return 'nothing of use' as never;
    },
  };
  await expect(setUp(defineTransform(returning), {}, NO_CONTEXT)).rejects.toThrow('setup must return');
  expect(released).toEqual(['pool']);
});

it('a transform is lazy only if its definition says so', async () => {
  const setup = () => (event: object) => event as Record<string, unknown>;
  expect((await setUp(defineTransform({ lazy: true, setup }), {}, NO_CONTEXT)).lazy).toBe(true);
  expect((await setUp(defineTransform({ lazy: false, setup }), {}, NO_CONTEXT)).lazy).toBe(false);
  expect((await setUp(defineTransform({ setup }), {}, NO_CONTEXT)).lazy).toBe(false);
  expect((await setUp((event) => event, {}, NO_CONTEXT)).lazy).toBeUndefined();
});

it('the signal is aborted before the resources are released, at the end and if setup fails', async () => {
  const events: string[] = [];
  const definition = (fails: boolean): TransformDefinition =>
    defineTransform({
      setup(_options, { onClose, signal }) {
        signal.addEventListener('abort', () => void events.push('aborted'));
        onClose(() => void events.push(`released, ${signal.aborted}`));
        if (fails) throw new Error('no database');
        return (event) => event;
      },
    });
  const step = await setUp(definition(false), {}, NO_CONTEXT);
  expect(events).toEqual([]);
  await step.close();
  await expect(setUp(definition(true), {}, NO_CONTEXT)).rejects.toThrow('no database');
  expect(events).toEqual(['aborted', 'released, true', 'aborted', 'released, true']);
});

describe('an old name of the API works, and is reported once', () => {
  const warnings: object[] = [];
  const log = { ...NO_CONTEXT.log, warn: (fields: object) => void warnings.push(fields) };
  const context = { ...NO_CONTEXT, log };
  const rest = { key: () => 'one', merge: () => ({}), maxEvents: 2, maxGapMs: 1 };
  beforeEach(() => warnings.splice(0));

  it('`begins` of a reducer, also where it uses `this`', async () => {
    const old = { ...rest, first: 'a', begins: ({ n }: Event) => n === 1 };
    old.begins = function begins(this: typeof old, { n }: Event) {
      return n === this.first;
    };
    const { reduce } = await setUp(defineTransform({ setup: () => old }), {}, context);
    expect([reduce?.starts({ n: 'a' }, []), reduce?.starts({ n: 'b' }, [])]).toEqual([true, false]);
    expect(reduce).toMatchObject({ mergesOne: false, maxEvents: 2, maxGapMs: 1 });
    expect(warnings).toEqual([{ code: 'deprecated', old: 'begins', use: 'starts', removed_in: '0.3' }]);
  });

  it('`close` of a definition', async () => {
    await setUp(defineTransform({ setup: () => (event) => event, close: () => {} }), {}, context);
    expect(warnings).toEqual([
      { code: 'deprecated', old: 'close', use: 'context.onClose', removed_in: '0.3' },
    ]);
  });

  it('new names are not reported, and a reducer without either is an error', async () => {
    const made = { ...rest, starts: () => false };
    expect((await setUp(defineTransform({ setup: () => made }), {}, context)).reduce).toBe(made);
    const without = defineTransform({ setup: () => rest as never });
    await expect(setUp(without, {}, context)).rejects.toThrow('must have one named starts');
    expect(warnings).toEqual([]);
  });
});
