import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DeadLetterReports } from '../../../src/admin/dead-letter-reports.ts';
import { type LogLine, memoryLog } from '../support/memory-log.ts';

let lines: LogLine[];
let reports: DeadLetterReports;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
  const memory = memoryLog();
  lines = memory.lines;
  reports = new DeadLetterReports(memory.log, (reason) => `logweir dlq list --reason '${reason}'`);
});
afterEach(() => {
  reports.close();
  vi.useRealTimers();
});

const PARSING = 'document_parsing_exception';
const note = (reason: string, cause: string | undefined, offset: number): void =>
  reports.note({ reason, cause }, { topic: 'app-logs', partition: 3, offset });

it('a reason is told a second after its first dead letter, with its number, its causes and the first record', () => {
  for (let offset = 0; offset < 21; offset++) note(PARSING, 'field level of type long', 100 + offset);
  for (let offset = 0; offset < 3; offset++) note(PARSING, 'field ip of type ip', 200 + offset);
  note('invalid_json', undefined, 7);
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(lines).toMatchObject([
    {
      level: 40,
      code: 'dead_letters',
      reason: PARSING,
      count: 24,
      seconds: 1,
      causes: [
        { cause: 'field level of type long', count: 21 },
        { cause: 'field ip of type ip', count: 3 },
      ],
      first: 'app-logs:3:100',
      total: 24,
      action: `logweir dlq list --reason '${PARSING}'`,
    },
    { reason: 'invalid_json', count: 1, first: 'app-logs:3:7' },
  ]);
  expect(lines[1]).not.toHaveProperty('causes');
});

it('a day of dead letters is some 150 lines a reason, and every dead letter is in one of them', () => {
  for (let second = 0; second < 86_400; second++) {
    note(PARSING, undefined, second);
    vi.advanceTimersByTime(1000);
  }
  reports.close();
  expect(lines.length).toBeLessThan(160);
  expect(lines.reduce((sum, { count }) => sum + Number(count), 0)).toBe(86_400);
  expect(lines.slice(0, 4).map(({ seconds }) => seconds)).toEqual([1, 10, 20, 40]);
  expect(lines.at(-1)?.['total']).toBe(86_400);
});

it('after a quiet time, the next dead letter is told soon again', () => {
  note(PARSING, undefined, 1);
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(1);
  note(PARSING, undefined, 2);
  vi.advanceTimersByTime(1000);
  expect(lines).toHaveLength(2);
});

it('the end tells what is not told yet', () => {
  note(PARSING, undefined, 1);
  reports.close();
  expect(lines).toMatchObject([{ count: 1 }]);
});

it('reasons and causes are bounded, and the list has the most frequent ones', () => {
  for (let n = 0; n < 500; n++) note(`reason ${n}`, undefined, n);
  for (let n = 0; n < 500; n++) note(PARSING, `cause ${n}`, n);
  vi.advanceTimersByTime(1000);
  expect(lines).toHaveLength(101);
  const list = reports.list();
  expect(list).toHaveLength(20);
  expect(list[0]).toMatchObject({ reason: 'other', count: 900, last: '2026-01-02T00:00:00.000Z' });
  expect(list[0]?.causes).toHaveLength(21);
});
