import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TransformOptions, transform } from '../../../src/commands/transform.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-transform-'));
  writeFileSync(
    join(folder, 'mine.mjs'),
    `export default async (event, record) => {
      if (event.fail) throw new Error('does not fit');
      if (event.drop) return undefined;
      if (event.cyclic) event.self = event;
      if (event.twice) return [{ copy: 1 }, { copy: 2 }];
      if (event.where) return { topic: record.topic, partition: record.partition, offset: record.offset };
      return event;
    };`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ran {
  output: string;
  report: string;
  error: unknown;
}

async function run(yaml: string, ...input: (string | Buffer)[]): Promise<Ran> {
  return await runWith({}, yaml, ...input);
}

async function runWith(options: TransformOptions, yaml: string, ...input: (string | Buffer)[]): Promise<Ran> {
  const config = join(folder, 'logweir.yaml');
  writeFileSync(config, yaml);
  const [output, report] = [new PassThrough(), new PassThrough()] as const;
  const texts = Promise.all([text(output), text(report)]);
  let error: unknown;
  try {
    await transform({ ...options, config }, Readable.from(input), output, report);
  } catch (thrown) {
    error = thrown;
  }
  output.end();
  report.end();
  const places = / \(\S+mine\.mjs:\d+:\d+\)/g;
  const [shown, said] = await texts;
  return { output: shown, report: said.replaceAll(places, ' @'), error };
}

const MINE = 'transforms: [{ use: ./mine.mjs }]';

/** The error of the command if events fail. */
const failed = (message: string): unknown =>
  expect.objectContaining({ code: 'EVENTS_FAILED', exitCode: 1, message });

describe('the output', () => {
  it('is one line for each event, in order, with the totals', async () => {
    const ran = await run(MINE, '{"n":1}\n{"twice":true}\n{"drop":true}\n{"n":2}\n');
    expect(ran).toEqual({
      output: '{"n":1}\n{"copy":1}\n{"copy":2}\n{"n":2}\n',
      report: '4 read, 4 out, 1 dropped, 0 failed\n',
      error: undefined,
    });
  });

  it('keeps the literals of numbers', async () => {
    const line = '{"id":9007199254740993,"n":1.0}';
    expect((await run(MINE, `${line}\n`)).output).toBe(`${line}\n`);
  });

  it('is the input without transforms', async () => {
    expect((await run('', '{"b":1,"a":2}\n')).output).toBe('{"b":1,"a":2}\n');
  });

  it('is the result of built-in transforms with their options', async () => {
    const yaml = 'transforms: [{ use: parse-json }, { use: filter, with: { field: level, equals: info } }]';
    const ran = await run(
      yaml,
      '{"message":"{\\"level\\":\\"info\\"}"}\n{"message":"{\\"level\\":\\"debug\\"}"}\n',
    );
    expect(ran).toMatchObject({
      output: '{"level":"info"}\n',
      report: '2 read, 1 out, 1 dropped, 0 failed\n',
      error: undefined,
    });
  });

  it("of a transform that uses the record's position: the configured topic, and the line", async () => {
    const ran = await run(`${MINE}\nkafka: { topics: [audit] }`, '{"n":1}\n{"where":true}\n');
    expect(ran.output.split('\n')[1]).toBe('{"topic":"audit","partition":0,"offset":1}');
  });
});

describe('input', () => {
  it.each(['', '\n', '\n\n\r\n'])('without records (%j) gives no output', async (input) => {
    expect(await run(MINE, input)).toEqual({
      output: '',
      report: '0 read, 0 out, 0 dropped, 0 failed\n',
      error: undefined,
    });
  });

  it('may end without a line feed, and have empty lines and Windows line ends', async () => {
    expect((await run('', '{"n":1}\r\n\r\n{"n":2}')).output).toBe('{"n":1}\n{"n":2}\n');
  });

  it('is split at line feeds only: a string may contain U+2028 and U+2029', async () => {
    const line = '{"a":"x\u2028y\u2029z"}';
    expect(await run('', `${line}\n`)).toEqual({
      output: `${line}\n`,
      report: '1 read, 1 out, 0 dropped, 0 failed\n',
      error: undefined,
    });
  });

  it('may arrive in pieces of any length', async () => {
    const bytes = Array.from(Buffer.from('{"n":"é"}\r\n\n{"n":2}'), (byte) => Buffer.of(byte));
    expect((await run('', ...bytes)).output).toBe('{"n":"é"}\n{"n":2}\n');
  });

  it('may have a long line in small pieces, and takes linear time', async () => {
    // Concatenating each piece would copy tens of gigabytes.
    const line = Buffer.from(`{"a":"${'x'.repeat(10_000_000)}"}`);
    const pieces = Array.from({ length: Math.ceil(line.length / 1000) }, (_, n) =>
      line.subarray(1000 * n, 1000 * n + 1000),
    );
    const { output } = await run('', '{"n":1}\r', '\n', ...pieces, '\r', '\n\r\n{"n":2}\n');
    expect(output.length).toBe('{"n":1}\n'.length + line.length + 1 + '{"n":2}\n'.length);
    expect(output.endsWith('xxx"}\n{"n":2}\n')).toBe(true);
  });

  it('may be text with codec: text', async () => {
    expect((await run('decoding: { codec: text }', 'say "hi"\n')).output).toBe(
      '{"message":"say \\"hi\\""}\n',
    );
  });
});

describe('an event that fails', () => {
  it('is reported with its line and policy, the others continue, and the command fails', async () => {
    const ran = await run(MINE, '{"n":1}\n{"fail":true}\n{"n":2}\n');
    expect(ran.output).toBe('{"n":1}\n{"n":2}\n');
    expect(ran.report).toBe(
      'line 2: transform ./mine.mjs failed (dead_letter): does not fit @\n3 read, 2 out, 0 dropped, 1 failed\n',
    );
    expect(ran.error).toEqual(failed('1 of 3 events failed'));
  });

  it('is reported with its line in the file, blank lines counted', async () => {
    const ran = await run(MINE, '\n{"n":1}\r\n\r\n\n{"fail":true}\n\nno json');
    expect(ran.report).toMatch(/^line 5: transform .*\nline 7: would be dead-lettered: .*\n3 read, 1 out,/);
  });

  it('that is not JSON would be dead-lettered, and fails too', async () => {
    const ran = await run(MINE, 'no json\n{"n":1}\n[]\n');
    expect(ran.output).toBe('{"n":1}\n');
    expect(ran.report).toMatch(/^line 1: would be dead-lettered: invalid_json: .*\nline 3: .*not_an_object/);
    expect(ran.error).toEqual(failed('2 of 3 events failed'));
  });

  it('that has no JSON form after the chain would be dead-lettered, and fails too', async () => {
    const ran = await run(MINE, '{"cyclic":true}\n{"n":2}\n');
    expect(ran.output).toBe('{"n":2}\n');
    expect(ran.report).toMatch(/^line 1: would be dead-lettered: not_serialisable: /);
    expect(ran.report).toMatch(/\n2 read, 1 out, 0 dropped, 1 failed\n$/);
    expect(ran.error).toEqual(failed('1 of 2 events failed'));
  });

  it.each([
    ['drop', '', '1 read, 0 out, 1 dropped, 0 failed\n'],
    ['keep', '{"fail":true}\n', '1 read, 1 out, 0 dropped, 0 failed\n'],
  ])('with on_error %s is reported, and is not a failure', async (policy, output, sums) => {
    const ran = await run(`transforms: [{ use: ./mine.mjs, on_error: ${policy} }]`, '{"fail":true}\n');
    expect(ran).toEqual({
      output,
      report: `line 1: transform ./mine.mjs failed (${policy}): does not fit @\n${sums}`,
      error: undefined,
    });
  });

  it('with on_error hold would be blocked, and fails', async () => {
    const ran = await run('transforms: [{ use: ./mine.mjs, on_error: hold }]', '{"fail":true}\n');
    expect(ran.error).toEqual(failed('1 of 1 events failed'));
  });
});

it('a transform that does not load is a configuration error, and no input is read', async () => {
  const ran = await run('transforms: [{ use: ./gone.ts }]', '{"n":1}\n');
  expect(ran).toMatchObject({ output: '', report: '', error: { code: 'CONFIG' } });
});

it('--explain reports what each transform changed, dropped or created', async () => {
  const { report } = await runWith(
    { explain: true },
    'transforms: [{ use: parse-json }, { use: ./mine.mjs }]',
    '{"message":"{\\"level\\":1}","kept":true}\n{"drop":1}\n{"twice":1}\n',
  );
  expect(report).toContain('line 1: parse-json changed message, level\nline 1: ./mine.mjs changed nothing\n');
  expect(report).toContain('line 2: ./mine.mjs dropped it\n');
  expect(report).toContain('line 3: ./mine.mjs made 2 events of it\n');
});

it('--diff shows removed and added values exactly', async () => {
  const { output } = await runWith(
    { diff: true },
    'transforms: [{ use: rename, with: { fields: { a.b: c } } }, { use: ./mine.mjs }]',
    '{"a":{"b":9007199254740993,"same":1.50}}\n{"drop":1}\n{"n":1}\n',
  );
  const plain = stripVTControlCharacters(output);
  expect(plain).toBe(
    'line 1\n- a.b: 9007199254740993\n+ c: 9007199254740993\nline 2 dropped\nline 3 unchanged\n',
  );
});

it('aggregated events appear when they are complete, and at the end', async () => {
  const lines = ['ERROR a', '\tat b', 'INFO c'].map((message) => JSON.stringify({ message }));
  const { output, report } = await run('transforms: [{ use: reduce }]', `${lines.join('\n')}\n`);
  expect(output).toBe('{"message":"ERROR a\\n\\tat b"}\n{"message":"INFO c"}\n');
  expect(report).toContain('3 read, 2 out, 0 dropped, 0 failed');
});
