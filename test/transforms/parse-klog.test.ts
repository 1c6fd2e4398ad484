import { expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseKlog from '../../transforms/parse-klog.ts';

const AT = Date.UTC(2026, 10, 29, 8);

async function parse(message: string, options: object = {}, timestamp = AT): Promise<unknown> {
  const run = await testTransform(parseKlog, { target: 'x', ...options });
  const [event] = await run({ message }, { timestamp });
  return event?.['x'];
}

const base = { id: 28133, file: 'klog.go', line: 70, message: 'hello there' };
const line = (stamp: string): string => `${stamp}   28133 klog.go:70] hello there`;

it.each<[string, Event]>([
  [line('I0505 17:59:40.692994'), { level: 'info', timestamp: '2026-05-05T17:59:40.692994Z', ...base }],
  [line('W1129 07:15:02.000001'), { level: 'warning', timestamp: '2026-11-29T07:15:02.000001Z', ...base }],
  [line('E1130 07:15:02.000000'), { level: 'error', timestamp: '2026-11-30T07:15:02.000000Z', ...base }],
  [line('F1201 07:15:02.000000'), { level: 'fatal', timestamp: '2025-12-01T07:15:02.000000Z', ...base }],
  [line('I20260131 14:48:54.411655'), { level: 'info', timestamp: '2026-01-31T14:48:54.411655Z', ...base }],
  [line('I20300131 14:48:54.411655'), { level: 'info', timestamp: '2030-01-31T14:48:54.411655Z', ...base }],
  [
    `\n  ${line('I0229 10:00:00.000000')}  \n`,
    { level: 'info', timestamp: '2028-02-29T10:00:00.000000Z', ...base },
  ],
  [
    'I1129 07:15:02.104211       1 pkg/a.go:9] "Pod updated" pod="a/b"\nmore]: x',
    {
      level: 'info',
      timestamp: '2026-11-29T07:15:02.104211Z',
      id: 1,
      file: 'pkg/a.go',
      line: 9,
      message: '"Pod updated" pod="a/b"\nmore]: x',
    },
  ],
  [
    'I1129 07:15:02.104211 1 a.go:9]',
    { level: 'info', timestamp: '2026-11-29T07:15:02.104211Z', id: 1, file: 'a.go', line: 9, message: '' },
  ],
])('%j', async (text, expected) => {
  expect(await parse(text)).toEqual(expected);
});

it('a line of the last minute of the year gets the year before its record', async () => {
  const parsed = await parse(line('I1231 23:59:59.000000'), {}, Date.UTC(2027, 0, 1, 0, 10));
  expect(parsed).toHaveProperty('timestamp', '2026-12-31T23:59:59.000000Z');
});

it('its time is local', async () => {
  const parsed = await parse(line('I0601 11:59:58.262668'), { zone: 'Europe/Berlin' });
  expect(parsed).toHaveProperty('timestamp', '2026-06-01T09:59:58.262668Z');
});

it('without a time in the record there is no timestamp, and the rest is parsed', async () => {
  expect(await parse(line('I0505 17:59:40.692994'), {}, -1)).toEqual({ level: 'info', ...base });
});

it("the line's message replaces the line by default", async () => {
  const text = line('I0505 17:59:40.692994');
  const run = await testTransform(parseKlog);
  expect((await run({ message: text }))[0]).toHaveProperty('message', 'hello there');
  const keeping = await testTransform(parseKlog, { overwrite: false });
  expect((await keeping({ message: text }))[0]).toMatchObject({
    message: text,
    parsed: { message: 'hello there' },
  });
});

it.each([
  'not a klog line',
  line('X0505 17:59:40.692994'),
  line('I0000 17:59:40.692994'),
  line('I0230 17:59:40.692994'),
  line('I20260229 17:59:40.692994'),
  line('I0505 25:59:40.692994'),
  line('I0505 17:59:40'),
  `I0505 17:59:40.692994   ${'9'.repeat(29)} klog.go:70] hello`,
  'I0505 17:59:40.692994 1 klog.go] hello',
])('%s is left unchanged', async (text) => {
  expect(await parse(text)).toBeUndefined();
});

it.each<[string, (n: number) => string]>([
  ['spaces', (n) => ' '.repeat(n)],
  ['spaces after the clock', (n) => `I0505 17:59:40.692994${' '.repeat(n)}`],
  ['colons', (n) => `I0505 17:59:40.692994 1 ${'a:1'.repeat(n / 3)}`],
  ['spaces after the message', (n) => `${line('I0505 17:59:40.692994')}${' '.repeat(n)}x`],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseKlog);
  const started = process.cpuUsage().user;
  await run({ message: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});
