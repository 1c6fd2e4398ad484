import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Reminders, RepeatGate, createLog } from '../../src/log.ts';

describe('reminders of a fault that lasts', () => {
  it('come after 30 s, then ever more rarely, and start anew with the next fault', () => {
    const reminders = new Reminders();
    const due: number[] = [];
    for (let now = 0; now <= 4_000_000; now += 1000) if (reminders.isDue(true, now)) due.push(now / 1000);
    expect(due).toEqual([30, 90, 210, 450, 930, 1530, 2130, 2730, 3330, 3930]);
    expect(reminders.isDue(false, 4_001_000)).toBe(false);
    expect([4_002_000, 4_031_000, 4_032_000].map((now) => reminders.isDue(true, now))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('a repeated message', () => {
  it('passes the first time', () => {
    expect(new RepeatGate(1000).pass(5_000_000)).toBe(0);
  });

  it('is suppressed and counted until the interval is over', () => {
    const gate = new RepeatGate(1000);
    gate.pass(10_000);
    expect([10_000, 10_001, 10_500, 10_999].map((now) => gate.pass(now))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(gate.pass(11_000)).toBe(4);
  });

  it('is counted from 0 after each that passes, which starts a new interval', () => {
    const gate = new RepeatGate(1000);
    gate.pass(10_000);
    gate.pass(10_500);
    expect(gate.pass(15_500)).toBe(1);
    expect(gate.pass(16_000)).toBeUndefined();
    expect(gate.pass(16_499)).toBeUndefined();
    expect(gate.pass(16_500)).toBe(2);
    expect(gate.pass(20_000)).toBe(0);
  });

  it('becomes rare while the failure lasts: a day of a hundred failures a second is some 150 lines', () => {
    const gate = new RepeatGate();
    const passed: { at: number; before: number }[] = [];
    for (let now = 0; now < 86_400_000; now += 10) {
      const before = gate.pass(now);
      if (before !== undefined) passed.push({ at: now, before });
    }
    expect(passed.slice(0, 5).map(({ at }) => at)).toEqual([0, 10_000, 30_000, 70_000, 150_000]);
    expect(passed[1]?.before).toBe(999);
    expect(passed.length).toBeLessThan(160);
    expect(passed.reduce((sum, { before }) => sum + before + 1, 0)).toBeGreaterThan(8_600_000 - 60_000);
    // A failure that comes back after a pause is told at once, and again after the first interval.
    const later = (passed.at(-1)?.at ?? 0) + 2_000_000;
    expect(gate.pass(later)).toBeDefined();
    gate.pass(later + 1);
    expect(gate.pass(later + 10_000)).toBe(1);
  });

  it('keeps its interval where that is also the longest one', () => {
    const gate = new RepeatGate(1000, 1000);
    const passed = Array.from({ length: 50 }, (_, step) => gate.pass(step * 100)).filter(Number.isInteger);
    expect(passed).toEqual([0, 9, 9, 9, 9]);
  });

  it('does not affect another gate', () => {
    const [one, other] = [new RepeatGate(1000), new RepeatGate(1000)] as const;
    one.pass(10_000);
    expect(other.pass(10_000)).toBe(0);
  });
});

describe('the format of the log', () => {
  const write = (format?: 'json' | 'pretty'): string => {
    const folder = mkdtempSync(join(tmpdir(), 'logweir-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'log');
    const fd = openSync(file, 'w');
    const log = createLog(format === undefined ? { level: 'info' } : { level: 'info', format }, fd);
    log.warn({ code: 'dead_letters', count: 3 }, 'records dead-lettered');
    closeSync(fd);
    return readFileSync(file, 'utf8');
  };

  it.each([undefined, 'json'] as const)('is JSON where it is no terminal (%s)', (format) => {
    expect(JSON.parse(write(format))).toMatchObject({ level: 40, code: 'dead_letters', count: 3 });
  });

  it('may be one for reading: level, message and fields on one line', () => {
    expect(write('pretty')).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d+\] WARN: records dead-lettered \{"code":"dead_letters","count":3\}\n$/,
    );
  });
});
