import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Line, linesOf, openInput } from '../../../src/commands/lines.ts';
import { type ProduceOptions, produce, sendLines } from '../../../src/commands/produce.ts';

async function collected(chunks: readonly (string | Buffer)[]): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { value, number } of linesOf(Readable.from(chunks)))
    lines.push([number, value.toString()]);
  return lines;
}

async function* numbered(count: number, text: string): AsyncGenerator<Line> {
  for (let number = 1; number <= count; number++) yield { number, value: Buffer.from(text) };
}

describe('lines of an input', () => {
  it.each([
    [
      'a line feed at the end or none',
      ['a\nb'],
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [
      'blank lines are left out, and counted',
      ['\n\na\n\r\n\nb\n'],
      [
        [3, 'a'],
        [6, 'b'],
      ],
    ],
    [
      'carriage returns belong to the end',
      ['a\r\nb\r'],
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [
      'a line in many pieces',
      ['{"a"', ':', '1}', '\n{}'],
      [
        [1, '{"a":1}'],
        [2, '{}'],
      ],
    ],
    [
      'a character in two pieces',
      [Buffer.from('Ž').subarray(0, 1), Buffer.from('Ž').subarray(1)],
      [[1, 'Ž']],
    ],
    ['nothing', [], []],
  ] as [string, (string | Buffer)[], [number, string][]][])('%s', async (_name, chunks, expected) => {
    expect(await collected(chunks)).toEqual(expected);
  });

  it('a line without an end is rejected, and not read indefinitely', async () => {
    const piece = Buffer.alloc(10_000_000, 'x');
    const chunks = (function* () {
      yield Buffer.from('a\n');
      for (;;) yield piece;
    })();
    const lines = linesOf(Readable.from(chunks));
    expect((await lines.next()).value).toMatchObject({ number: 1 });
    await expect(lines.next()).rejects.toThrow('line 2 of the input is longer than 100000000 bytes');
  });

  it('a missing file is reported when it is read, even long after it was opened', async () => {
    const input = openInput('/no/such/file');
    await new Promise((resolve) => input.once('close', resolve));
    await expect(linesOf(input).next()).rejects.toThrow('the input cannot be read: ENOENT');
  });

  it('an input that cannot be read is reported', async () => {
    const broken = new PassThrough();
    broken.destroy(new Error('no such file'));
    await expect(linesOf(broken).next()).rejects.toThrow('the input cannot be read: no such file');
  });
});

describe('sending', () => {
  it.each([
    ['by number', 20_000, 'x', 5000],
    ['by bytes', 64, 'x'.repeat(1_000_000), 16],
  ])('the number of unacknowledged lines is bounded %s', async (_name, count, text, most) => {
    const open: (() => void)[] = [];
    let max = 0;
    const sending = sendLines(numbered(count, text), (_value) => {
      const sent = new Promise<void>((resolve) => open.push(resolve));
      max = Math.max(max, open.length);
      // Waiting sends are released only when no more lines arrive: at the bound, or at the end.
      if (open.length === 1) setImmediate(release);
      return sent;
    });
    const release = (): void => {
      for (const done of open.splice(0)) done();
    };
    expect(await sending).toBe(count);
    expect(max).toBe(most);
  });

  it('the first failing line ends the command, which reports it and the number of written records', async () => {
    let sent = 0;
    const sending = sendLines(numbered(1_000_000, 'x'), async () => {
      if (++sent === 3) throw new Error('it is larger than the topic allows');
    });
    await expect(sending).rejects.toThrow(
      /^line 3 cannot be written: it is larger than the topic allows \(\d+ records were written\)$/,
    );
    expect(sent).toBeLessThan(10);
  });
});

describe('invalid options are rejected before a broker is contacted', () => {
  it.each([
    ['--partitions without --create', { partitions: 3 }, 'app-logs', '--partitions needs --create'],
    ['no partitions', { create: true, partitions: 0 }, 'app-logs', 'a number from 1 to 10000'],
    ['a part of a partition', { create: true, partitions: 1.5 }, 'app-logs', 'a number from 1 to 10000'],
    [
      'partitions that are no number',
      { create: true, partitions: NaN },
      'app-logs',
      'a number from 1 to 10000',
    ],
    ['a pattern', {}, '^app-.*', 'give one topic with --topic'],
    ['a pattern in --topic', { topic: '^app' }, 'app-logs', '--topic must be the name of one topic'],
    ['an empty topic', { topic: '' }, 'app-logs', '--topic is empty'],
  ] as [string, ProduceOptions, string, string][])('%s', async (_name, options, topic, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'logweir-produce-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const config = join(folder, 'logweir.yaml');
    writeFileSync(config, `kafka: { bootstrap_servers: "localhost:1", topics: ["${topic}"] }`);
    await expect(produce({ ...options, config }, Readable.from([]), new PassThrough())).rejects.toThrow(
      message,
    );
  });
});
