import type { Readable, Writable } from 'node:stream';
import { decode } from '../codec/decode.ts';
import { stringifyExact } from '../codec/exact-json.ts';
import { loadConfig } from '../config/load.ts';
import { LogweirError, messageOf } from '../errors.ts';
import type { Event, RecordInfo } from '../transform/api.ts';
import { loadChain } from '../transform/loader.ts';

/**
 * `logweir transform`: the dry run for writing transforms. Each line of `input` is a record's value; what comes out goes to
 * `output` as NDJSON, and `report` tells what was dropped or failed, and the sums.
 *
 * @throws LogweirError EVENTS_FAILED where some event failed
 */
export async function transform(
  options: { config?: string },
  input: Readable,
  output: Writable,
  report: Writable,
): Promise<void> {
  const { config, directory } = loadConfig(options.config);
  const say = (line: number, text: string): void => void report.write(`line ${line}: ${text}\n`);
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const counts = { read: 0, out: 0, dropped: 0, failed: 0 };
  const chain = await loadChain(
    config.transforms,
    directory,
    (name) => ({ name, directory, log, metrics: { count: ignore } }),
    (step, policy, error) => say(counts.read, `transform ${step} failed (${policy}): ${error.message}`),
  );
  for await (const line of linesOf(input)) {
    counts.read++;
    const decoded = decode(line, config.decoding.codec);
    if (decoded.kind === 'poison') {
      counts.failed++;
      say(counts.read, `would be dead-lettered: ${decoded.reason}: ${decoded.message}`);
      continue;
    }
    const exact = decoded.parse();
    const { events, failures } = await chain.run(
      exact.value as Event,
      recordInfo(config.kafka.topics[0], counts.read),
    );
    let failed = failures.length > 0;
    if (!failed && events.length === 0) counts.dropped++;
    for (const event of events) {
      try {
        output.write(`${stringifyExact(event, exact)}\n`);
        counts.out++;
      } catch (error) {
        failed = true;
        say(counts.read, `would be dead-lettered: not_serialisable: ${messageOf(error)}`);
      }
    }
    if (failed) counts.failed++;
  }
  await chain.close();
  report.write(
    `${counts.read} read, ${counts.out} out, ${counts.dropped} dropped, ${counts.failed} failed\n`,
  );
  if (counts.failed > 0)
    throw new LogweirError('EVENTS_FAILED', `${counts.failed} of ${counts.read} events failed`);
}

function recordInfo(topic: string | undefined, line: number): RecordInfo {
  return {
    topic: topic ?? 'stdin',
    partition: 0,
    offset: line - 1,
    timestamp: Date.now(),
    key: null,
    headers: undefined,
  };
}

/** Lines without their end, blank ones left out. Bytes and not text: a line of JSON may hold U+2028, which is no end. */
async function* linesOf(input: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    rest = Buffer.concat([rest, Buffer.from(chunk)]);
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      const line = rest.subarray(0, rest[end - 1] === 0x0d ? end - 1 : end);
      if (line.length > 0) yield line;
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest;
}
