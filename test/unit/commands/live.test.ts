import { Writable } from 'node:stream';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdminServer } from '../../../src/admin/server.ts';
import { printable } from '../../../src/commands/instance.ts';
import { tap } from '../../../src/commands/tap.ts';
import { top } from '../../../src/commands/top.ts';
import type { TapOptions, TapSource } from '../../../src/tap/messages.ts';
import { statusExample } from '../support/status-example.ts';

const plain = { isTTY: false, columns: 80 };

function collect(): { output: Writable; text: () => string } {
  let all = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      all += chunk.toString();
      done();
    },
  });
  return { output, text: () => all };
}

async function instance(tapped?: TapSource, status: () => object = statusExample): Promise<string> {
  const server = await AdminServer.start(
    { listen: '127.0.0.1:0', hosts: [] },
    {
      metrics: new Registry(),
      status,
      readiness: () => null,
      ...(tapped === undefined ? {} : { tap: tapped }),
    },
  );
  onTestFinished(() => server.close());
  return server.address;
}

/** A tap that gives two events away as soon as it is opened. */
function twoEvents(asked: TapOptions[] = []): TapSource {
  return {
    open(options, listener) {
      asked.push(options);
      const where = { topic: 't', partition: 0, timestamp: 1, index: null, truncated: false };
      const event = '{"big":12345678901234567890,"text":"\\u001b[31mred"}';
      setTimeout(() => {
        listener({ kind: 'counts', passed: 10, examined: 4, withheld: 1 });
        listener({ kind: 'event', stage: 'before', offset: 1, event, ...where });
        listener({ kind: 'event', stage: 'before', offset: 2, event: 'no JSON \u001b[2J', ...where });
      }, 5);
      return () => {};
    },
  };
}

describe('tap', () => {
  it('prints events until the limit, tells what was too much, and lets no event act on the terminal', async () => {
    const asked: TapOptions[] = [];
    const url = await instance(twoEvents(asked));
    const [printed, told] = [collect(), collect()];
    await tap({ url, limit: 2, before: true, filter: 'a=b&c' }, printed.output, told.output);
    expect(asked).toEqual([{ filter: 'a=b&c', stage: 'before', limit: 2 }]);
    expect(printed.text()).toBe(
      'before t[0]@1 {"big":12345678901234567890,"text":"\\u001b[31mred"}\nbefore t[0]@2 no JSON \\u001b[2J\n',
    );
    expect(told.text()).toBe('# 7 of 10 events were too many to be compared or shown\n');
  });

  it('with --json inserts an event with all its digits, and another text as a string', async () => {
    const printed = collect();
    await tap({ url: await instance(twoEvents()), limit: 2, json: true }, printed.output, collect().output);
    const [first = '', second = ''] = printed.text().split('\n');
    expect(first).toContain('"event":{"big":12345678901234567890,');
    expect(JSON.parse(first)).toMatchObject({ stage: 'before', offset: 1, event: { text: '\u001b[31mred' } });
    expect(JSON.parse(second)).toMatchObject({ offset: 2, event: 'no JSON \u001b[2J' });
  });

  it('says why it is off, that nobody answers, and what is wrong with the options', async () => {
    const run = async (options: Parameters<typeof tap>[0]) =>
      tap(options, collect().output, collect().output);
    await expect(run({ url: await instance() })).rejects.toThrow(
      /HTTP 403: the tap is off.*admin\.tap: true/,
    );
    await expect(run({ url: 'http://127.0.0.1:1' })).rejects.toThrow(
      /no instance answers at http:\/\/127\.0\.0\.1:1\/ .*logweir run.*--url/,
    );
    await expect(run({ url: 'localhost' })).rejects.toThrow(/--url must be an address/);
    await expect(run({ url: 'http://127.0.0.1:1', limit: 0 })).rejects.toThrow(/--limit/);
  });
});

describe('top', () => {
  it('prints plain lines where the output is no terminal: state, rates, tables', async () => {
    const printed = collect();
    await top({ url: await instance(), once: true }, plain, printed.output);
    const lines = printed.text().split('\n');
    expect(lines[0]).toBe('logweir  app-logs → Elasticsearch');
    expect(lines[2]).toMatch(/^Events flow .* but http:\/\/es-2:9200 fails/);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}app-logs\[0\] +4,115 +1000000 +100 +flowing/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}parse-json +100,000/));
    // oxlint-disable-next-line no-control-regex
    expect(printed.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('redraws a terminal, within its width', async () => {
    const printed = collect();
    await top({ url: await instance(), once: true }, { isTTY: true, columns: 60 }, printed.output);
    expect(printed.text().startsWith('\u001b[2J')).toBe(true);
    const lines = printed.text().slice('\u001b[2J\u001b[3J\u001b[H'.length).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('with --json prints a line for each look, with the rates in between', async () => {
    let looks = 0;
    const status = () => {
      const example = statusExample();
      const { kafka } = example;
      // Each look is a thousand records further; the third one ends the command.
      if (++looks > 4) throw new Error('enough');
      const partitions = kafka.partitions.map((one) => ({ ...one, committed: looks * 1000 }));
      return { ...example, kafka: { ...kafka, partitions } };
    };
    const printed = collect();
    const running = top(
      { url: await instance(undefined, status), json: true, interval: 0.2 },
      plain,
      printed.output,
    );
    await expect(running).rejects.toThrow(/HTTP 500: enough/);
    const documents = printed
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { partitions: { committed_per_second: number | null }[] });
    expect(documents[0]?.partitions[0]?.committed_per_second).toBeNull();
    expect(documents[1]?.partitions[0]?.committed_per_second).toBeGreaterThan(100);
  });

  it('refuses an answer that is none of Logweir', async () => {
    const url = await instance(undefined, () => ({ hello: 'world' }));
    await expect(top({ url, once: true }, plain, collect().output)).rejects.toThrow(
      /not the endpoint of a Logweir/,
    );
  });
});

it('control characters are printed as their escapes', () => {
  expect(printable('a\u001b[2J\u009b1m\r\nb')).toBe('a\\u001b[2J\\u009b1m\\u000d\\u000ab');
});
