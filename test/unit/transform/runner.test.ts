import { expect, it } from 'vitest';
import { type TransformDefinition, defineTransform } from '../../../src/transform/api.ts';
import { setUp } from '../../../src/transform/runner.ts';
import { NO_CONTEXT } from '../support/set-up.ts';

/** Opens two things, each of which notes when it is released. */
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

it('what setup has opened is released with the chain, each use its own, whatever one of them throws', async () => {
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

it('what setup has opened before it failed is released', async () => {
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

it('what setup has opened before it returned what is no transform is released', async () => {
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

it('a transform is lazy where its definition says so, and nowhere else', async () => {
  const setup = () => (event: object) => event as Record<string, unknown>;
  expect((await setUp(defineTransform({ lazy: true, setup }), {}, NO_CONTEXT)).lazy).toBe(true);
  expect((await setUp(defineTransform({ lazy: false, setup }), {}, NO_CONTEXT)).lazy).toBe(false);
  expect((await setUp(defineTransform({ setup }), {}, NO_CONTEXT)).lazy).toBe(false);
  expect((await setUp((event) => event, {}, NO_CONTEXT)).lazy).toBeUndefined();
});
