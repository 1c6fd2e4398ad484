import { expect, it } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { createRenderer } from '../../../src/elasticsearch/render.ts';
import { shadowConfig } from '../../../src/shadow/shadow.ts';
import { shadowRenderer } from '../../../src/shadow/shadow-renderer.ts';
import { type Event, routeTo } from '../../../src/transform/api/api.ts';
import { targetOf } from '../../../src/transform/api/route.ts';
import { configOf } from '../support/config.ts';
import { received } from '../support/fakes.ts';

const renderer = shadowRenderer(createRenderer(shadowConfig(configOf()).elasticsearch));

it.each([false, true])(
  'a target that a transform has chosen gets the prefix, once (lazily: %s)',
  (lazily) => {
    const decoded = decode(Buffer.from('{"a":1}'), 'json', lazily);
    if (decoded.kind === 'poison') throw new Error(decoded.message);
    const exact = decoded.event();
    const event = routeTo(exact.value as Event, 'errors');
    const index = (): string => renderer.event(received({ offset: 1 }).settlement, event, 0, exact).index;
    expect([index(), index()]).toEqual(['shadow-errors', 'shadow-errors']);
    expect(targetOf(event)).toBe('errors');
  },
);

it('an event without one goes to the configured index', () => {
  const { settlement } = received({ offset: 1 });
  expect(renderer.event(settlement, { a: 1 }, 0, undefined).index).toBe('shadow-app-logs');
  expect(renderer.passthrough?.index).toBe('shadow-app-logs');
});
