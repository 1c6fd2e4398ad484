import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlockedRecords } from '../../../src/pipeline/blocked-records.ts';
import { DeadLetterTopic } from '../../../src/dead-letter/topic.ts';
import type { KafkaError } from '../../../src/kafka/native.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { configOf } from '../support/config.ts';
import { RECORD_TIME, deferred, received, settleDown } from '../support/fakes.ts';

/** A message for the producer, with its delivery report. */
interface Produced {
  topic: string;
  partition: number | null;
  value: Buffer | null;
  key: Buffer | null;
  timestamp: number | null;
  headers: Record<string, string | Buffer>[];
  answer(error?: KafkaError): void;
}

const broker = vi.hoisted(() => ({
  produced: [] as Produced[],
  options: [] as Record<string, unknown>[],
  /** Answers messages automatically, if set. */
  onProduce: undefined as ((message: Produced) => void) | undefined,
  connect: undefined as (() => Promise<void>) | undefined,
  disconnected: 0,
}));

vi.mock(import('../../../src/kafka/native.ts'), () => {
  class FakeProducer {
    #report: ((error: KafkaError | null, report: { opaque: unknown }) => void) | undefined;

    on(event: string, listener: (error: KafkaError | null, report: { opaque: unknown }) => void): void {
      if (event === 'delivery-report') this.#report = listener;
    }

    setPollInterval(): void {}

    produce(
      topic: string,
      partition: number | null,
      value: Buffer | null,
      key: Buffer | null,
      timestamp: number | null,
      opaque: unknown,
      headers: Produced['headers'],
    ): void {
      const answer = (error?: KafkaError): void => this.#report?.(error ?? null, { opaque });
      const message = { topic, partition, value, key, timestamp, headers, answer };
      broker.produced.push(message);
      broker.onProduce?.(message);
    }
  }
  return {
    ErrorCode: {
      QUEUE_FULL: -184,
      MESSAGE_TOO_LARGE: 10,
      AUTHENTICATION: -169,
      UNKNOWN_TOPIC: -188,
      UNKNOWN_TOPIC_OR_PART: 3,
    },
    onError: () => {},
    createProducer: (options: Record<string, unknown>) => {
      broker.options.push(options);
      return new FakeProducer();
    },
    connect: () => broker.connect?.() ?? Promise.resolve(),
    disconnect: async () => {
      broker.disconnected++;
    },
    hasCode: (error: unknown, code: number) => (error as { code?: number }).code === code,
  } as never;
});

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const WHY = { reason: 'invalid_json', message: 'unexpected character at byte 3' };

let blocked: BlockedRecords;
let deadLetters: DeadLetterTopic;

beforeEach(() => {
  fakeDelay.reset();
  broker.produced.length = 0;
  broker.options.length = 0;
  broker.onProduce = undefined;
  broker.connect = undefined;
  broker.disconnected = 0;
  blocked = new BlockedRecords({ began: () => {}, ended: () => {} });
  deadLetters = new DeadLetterTopic(
    configOf('kafka: { bootstrap_servers: [b:1] }').kafka,
    '{{topic}}-dlq',
    blocked,
  );
});

afterEach(async () => {
  await deadLetters.close();
});

/** Sends a dead letter; `done` tells whether it is acknowledged. */
function send(partial: Parameters<typeof received>[0] = {}) {
  const { settlement, owned } = received(partial);
  const state = { done: false, settlement, owned, promise: Promise.resolve() };
  state.promise = deadLetters.send(settlement, WHY).then(() => {
    state.done = true;
  });
  // close() rejects dead letters that are open at the end of a test.
  state.promise.catch(() => {});
  return state;
}

function first(): Produced {
  const [message] = broker.produced;
  if (message === undefined) throw new Error('nothing was produced');
  return message;
}

const valuesOf = (headers: Produced['headers'], key: string): unknown[] =>
  headers.flatMap((header) => (key in header ? [header[key]] : []));

describe('a dead letter', () => {
  it('is the unchanged record: value, key and headers, in the dead-letter topic', async () => {
    broker.onProduce = ({ answer }) => answer();
    const [key, value] = [Buffer.from([0xff]), Buffer.from([0x00, 0xfe])] as const;
    const headers = [{ trace: 'a' }, { trace: Buffer.from('b') }];
    await send({ topic: 'audit', key, value, headers }).promise;
    expect(first()).toMatchObject({
      topic: 'audit-dlq',
      partition: null,
      key,
      value,
    });
    expect(first().headers.slice(0, 2)).toEqual([{ trace: Buffer.from('a') }, { trace: Buffer.from('b') }]);
  });

  it.each([
    ['from long ago', RECORD_TIME - 30 * 86_400_000],
    ['from now', RECORD_TIME],
    ['from the future', 4_102_444_800_000],
    ['without a timestamp', -1],
  ])(
    'of a record %s has the current timestamp, for retention, and the original in a header',
    async (_name, timestamp) => {
      broker.onProduce = ({ answer }) => answer();
      await send({ timestamp }).promise;
      expect(first().timestamp).toBeNull();
      expect(valuesOf(first().headers, 'logweir-timestamp')).toEqual([String(timestamp)]);
    },
  );

  it('keeps headers without a value or with any name, although the client rejects a null', async () => {
    broker.onProduce = ({ answer }) => answer();
    const odd = [{ none: null }, { ['__proto__']: Buffer.from('p') }, { '': Buffer.from('nameless') }];
    await send({ headers: odd as never }).promise;
    const { headers } = first();
    expect(headers.slice(0, 3).map((header) => Object.entries(header)[0])).toEqual([
      ['none', Buffer.alloc(0)],
      ['__proto__', Buffer.from('p')],
      ['', Buffer.from('nameless')],
    ]);
    expect(headers).toHaveLength(10);
  });

  it.each([null, Buffer.alloc(0)])('keeps a key of %o', async (key) => {
    broker.onProduce = ({ answer }) => answer();
    await send({ key }).promise;
    expect(first().key).toEqual(key);
  });

  it('has headers for reason, origin and time', async () => {
    broker.onProduce = ({ answer }) => answer();
    await send({ partition: 3, offset: 7 }).promise;
    const { headers } = first();
    expect(headers.slice(0, 6)).toEqual([
      { 'logweir-reason': 'invalid_json' },
      { 'logweir-message': 'unexpected character at byte 3' },
      { 'logweir-topic': 'app-logs' },
      { 'logweir-partition': '3' },
      { 'logweir-offset': '7' },
      { 'logweir-timestamp': String(RECORD_TIME) },
    ]);
    const [time] = valuesOf(headers, 'logweir-time');
    expect(new Date(String(time)).toISOString()).toBe(time);
  });

  it('limits the length of its message', async () => {
    broker.onProduce = ({ answer }) => answer();
    await deadLetters.send(received().settlement, { reason: 'x', message: 'm'.repeat(100_000) });
    expect(valuesOf(first().headers, 'logweir-message')).toEqual(['m'.repeat(1000)]);
  });

  it('resolves when the broker acknowledges it, and settles nothing', async () => {
    const deadLetter = send();
    await settleDown();
    expect(deadLetter.done).toBe(false);
    first().answer();
    await deadLetter.promise;
    expect(deadLetter.settlement.settled).toBe(false);
    expect(blocked.size).toBe(0);
  });

  it('is acknowledged by all replicas', async () => {
    broker.onProduce = ({ answer }) => answer();
    await send().promise;
    expect(broker.options).toHaveLength(1);
    expect([-1, 'all']).toContain(broker.options[0]?.['request.required.acks']);
  });
});

describe('a dead letter that cannot be written', () => {
  it('is retried until it succeeds, and blocks its record meanwhile', async () => {
    fakeDelay.held = true;
    broker.onProduce = ({ answer }) => answer({ code: 29, message: 'Broker: Topic authorization failed' });
    const deadLetter = send({ topic: 'audit' });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await settleDown();
      expect(broker.produced).toHaveLength(attempt);
      expect(blocked.list()).toMatchObject([
        {
          reason: 'dead letters cannot be written to audit-dlq: Broker: Topic authorization failed',
          records: 1,
        },
      ]);
      expect(deadLetter.owned.blocked).toBe(1);
      fakeDelay.end();
    }
    broker.onProduce = ({ answer }) => answer();
    fakeDelay.held = false;
    fakeDelay.end();
    await deadLetter.promise;
    expect(blocked.size).toBe(0);
    expect(deadLetter.owned.blocked).toBe(0);
  });

  it('reports what to do if the topic does not exist', async () => {
    fakeDelay.held = true;
    broker.onProduce = ({ answer }) => answer({ code: 3, message: 'Broker: Unknown topic or partition' });
    send();
    await settleDown();
    expect(blocked.list().map(({ reason }) => reason)).toEqual([
      'dead letters cannot be written to app-logs-dlq: the topic does not exist, and the brokers do not create it; create it',
    ]);
  });

  it('reports only the current cause', async () => {
    fakeDelay.held = true;
    const causes = ['first', 'second', 'third'];
    broker.onProduce = ({ answer }) =>
      answer({ code: 1, message: causes[broker.produced.length - 1] ?? 'more' });
    const deadLetter = send();
    for (const cause of causes) {
      await settleDown();
      expect(blocked.list().map(({ reason }) => reason)).toEqual([
        `dead letters cannot be written to app-logs-dlq: ${cause}`,
      ]);
      expect(deadLetter.owned.blocked).toBe(1);
      fakeDelay.end();
    }
  });

  it.each<[string, () => void]>([
    [
      'the queue is full',
      () => {
        throw Object.assign(new Error('Local: Queue full'), { code: -184 });
      },
    ],
    [
      'the client throws a TypeError, at which p-retry would stop',
      () => {
        throw new TypeError('timestamp must be a number');
      },
    ],
  ])('is retried if %s', async (_name, thrown) => {
    broker.onProduce = (message) => (broker.produced.length < 3 ? thrown() : message.answer());
    const deadLetter = send();
    await deadLetter.promise;
    expect(broker.produced).toHaveLength(3);
    expect(blocked.size).toBe(0);
  });

  it('waits for Kafka, and connects again after a failure', async () => {
    broker.onProduce = ({ answer }) => answer();
    let attempts = 0;
    broker.connect = async () => {
      if (++attempts < 3) throw new Error('Local: Broker transport failure');
    };
    await send().promise;
    expect([attempts, broker.options.length, broker.disconnected]).toEqual([3, 3, 2]);
  });

  it('waits for a missing password file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'logweir-dead-letters-'));
    try {
      const file = join(folder, 'password');
      const sasl = `{ mechanism: PLAIN, username: u, password_file: ${file} }`;
      deadLetters = new DeadLetterTopic(configOf(`kafka: { sasl: ${sasl} }`).kafka, '{{topic}}-dlq', blocked);
      broker.onProduce = ({ answer }) => answer();
      fakeDelay.held = true;
      const deadLetter = send();
      await settleDown();
      expect(blocked.size).toBe(1);
      expect(broker.options).toEqual([]);
      writeFileSync(file, 'secret');
      fakeDelay.held = false;
      fakeDelay.end();
      await deadLetter.promise;
      expect(broker.options).toEqual([expect.objectContaining({ 'sasl.password': 'secret' })]);
      expect(blocked.size).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is not written again if its record was abandoned meanwhile, and blocks nothing', async () => {
    fakeDelay.held = true;
    broker.onProduce = ({ answer }) => answer({ code: 1, message: 'no' });
    const deadLetter = send();
    await settleDown();
    deadLetter.settlement.abandon();
    blocked.removeAbandoned();
    fakeDelay.end();
    await settleDown();
    expect(broker.produced).toHaveLength(1);
    expect(blocked.size).toBe(0);
    expect(deadLetter.owned.blocked).toBe(0);
  });
});

describe('a record that is too large for the topic', () => {
  const limitOf =
    (bytes: number) =>
    ({ value, answer }: Produced): void =>
      (value?.length ?? 0) > bytes
        ? answer({ code: 10, message: 'Broker: Message size too large' })
        : answer();

  it('is truncated to fit, with the length and hash of the whole value', async () => {
    broker.onProduce = limitOf(300);
    const value = Buffer.from('v'.repeat(1000));
    await send({ value }).promise;
    const { value: truncated, headers } = broker.produced.at(-1) as Produced;
    expect(truncated?.length).toBe(250);
    expect(value.subarray(0, 250).equals(truncated as Buffer)).toBe(true);
    expect(valuesOf(headers, 'logweir-truncated-from')).toEqual(['1000']);
    expect(valuesOf(headers, 'logweir-sha256')).toEqual([createHash('sha256').update(value).digest('hex')]);
    expect(blocked.size).toBe(0);
  });

  it('is blocked if it does not fit even without a value', async () => {
    fakeDelay.held = true;
    broker.onProduce = ({ answer }) => answer({ code: 10, message: 'Broker: Message size too large' });
    const deadLetter = send();
    await settleDown();
    expect(broker.produced.at(-1)?.value).toHaveLength(0);
    expect(blocked.size).toBe(1);
    expect(deadLetter.done).toBe(false);
  });

  it('has no such headers if it fits', async () => {
    broker.onProduce = limitOf(300);
    await send({ value: Buffer.alloc(300) }).promise;
    expect(broker.produced).toHaveLength(1);
    expect(valuesOf(first().headers, 'logweir-truncated-from')).toEqual([]);
  });
});

describe('the producer', () => {
  it('is created once, for the first dead letter, with the configured brokers', async () => {
    broker.onProduce = ({ answer }) => answer();
    expect(broker.options).toEqual([]);
    await Promise.all([send({ offset: 1 }).promise, send({ offset: 2 }).promise]);
    await send({ offset: 3 }).promise;
    expect(broker.options).toEqual([expect.objectContaining({ 'bootstrap.servers': 'b:1' })]);
  });

  it('is disconnected by close', async () => {
    broker.onProduce = ({ answer }) => answer();
    await send().promise;
    await deadLetters.close();
    expect(broker.disconnected).toBe(1);
  });

  it('is not created without a dead letter', async () => {
    await deadLetters.close();
    expect([broker.options.length, broker.disconnected]).toEqual([0, 0]);
  });
});

describe('close', () => {
  it('rejects dead letters that cannot be written', async () => {
    fakeDelay.held = true;
    broker.onProduce = ({ answer }) => answer({ code: 1, message: 'no' });
    const deadLetter = send();
    const ending = deadLetter.promise.then(
      () => 'resolved',
      () => 'rejected',
    );
    await settleDown();
    await deadLetters.close();
    expect(await ending).toBe('rejected');
    expect(deadLetter.settlement.settled).toBe(false);
  });

  it('does not wait for a connection that fails', async () => {
    const connecting = deferred();
    broker.connect = () => connecting.promise;
    const deadLetter = send();
    await settleDown();
    const closing = deadLetters.close();
    connecting.reject(new Error('timed out'));
    await closing;
    expect(deadLetter.done).toBe(false);
  });
});
