import { expect } from 'vitest';
import { isRawJson } from '../../src/codec/exact-json.ts';
import type { Event, TransformDefinition } from '../../src/transform/api/api.ts';
import { testTransform } from '../../src/transform/api/testing.ts';

/** Runs a copy of an event that gives one event. */
export async function runOne(transform: TransformDefinition, event: Event, options = {}): Promise<Event> {
  const events = await (await testTransform(transform, options))(copyOf(event));
  expect(events).toHaveLength(1);
  return events[0] as Event;
}

function copyOf(event: Event): Event {
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [key, isRawJson(value) ? value : structuredClone(value)]),
  );
}

export function leavesOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap(leavesOf);
}

export function sortedLeavesOf(value: unknown): string[] {
  return leavesOf(value).map(String).toSorted();
}
