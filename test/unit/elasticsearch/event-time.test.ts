import { expect, it } from 'vitest';
import { eventTime } from '../../../src/elasticsearch/event-time.ts';
import { Timestamp } from '../../../src/vrl/timestamp.ts';

it('the time of an event may be a timestamp of VRL', () => {
  const time = Date.UTC(2026, 6, 1, 10, 0, 0, 123);
  expect(eventTime({ timestamp: Timestamp.ofMs(time) }, '@timestamp', 0)).toBe(time);
  expect(eventTime({ at: Timestamp.ofMs(time) }, 'at', 0)).toBe(time);
});
