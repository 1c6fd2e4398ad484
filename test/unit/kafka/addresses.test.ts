import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { FailingAddresses, unreachable } from '../../../src/kafka/addresses.ts';

/** Runs `use` with the port of a server. */
async function listening<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as { port: number }).port);
  } finally {
    server.close();
  }
}

const LOST = [{ host: '127.0.0.1', port: 1 }];

it('no sentence is given for a reachable address, or without addresses', () =>
  listening(async (port) => {
    const servers = [`127.0.0.1:${port}`];
    expect(await unreachable([{ host: 'localhost', port }], servers)).toBeNull();
    expect(await unreachable([], servers)).toBeNull();
    expect(await unreachable([{ host: 'localhost', port }, ...LOST], servers)).toMatch(
      /^a broker advertises the address 127\.0\.0\.1:1, which cannot be reached from here \(ECONNREFUSED\): set advertised\.listeners/,
    );
  }));

it('an unresolvable name is reported', () =>
  listening(async (port) => {
    expect(await unreachable([{ host: 'kafka.invalid', port: 9092 }], [`127.0.0.1:${port}`])).toMatch(
      /^a broker advertises the address kafka\.invalid:9092, which cannot be resolved here \([A-Z_]+\): set advertised/,
    );
  }));

it('brokers that are away, and addresses of bootstrap servers, are not at fault', async () => {
  expect(await unreachable([{ host: '127.0.0.1', port: 2 }], ['127.0.0.1:1'])).toBeNull();
  await listening(async (port) => {
    for (const server of ['127.0.0.1:1', 'PLAINTEXT://127.0.0.1:1'])
      expect(await unreachable(LOST, [`PLAINTEXT://127.0.0.1:${port}`, server])).toBeNull();
    expect(await unreachable([{ host: '::1', port: 1 }], ['[::1]:1', `127.0.0.1:${port}`])).toBeNull();
    expect(
      await unreachable([{ host: '127.0.0.1', port: 9092 }], ['127.0.0.1', `127.0.0.1:${port}`]),
    ).toBeNull();
  });
});

it("the client's log of a failure names an advertised address; a bootstrap server is not one", () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const failing = new FailingAddresses();
  const notes = [
    "[thrd:kafka.invalid:9092/1]: kafka.invalid:9092/1: Failed to resolve 'kafka.invalid:9092': Name or service not known",
    "[thrd:GroupCoordinator]: GroupCoordinator: Failed to resolve 'kafka.invalid:9092'",
    '[thrd:10.0.0.1:9092/bootstrap]: 10.0.0.1:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed',
    '[thrd:sasl_ssl://[::1]:9094/2]: sasl_ssl://[::1]:9094/2: Connect to ipv6#[::1]:9094 failed',
    "[thrd:kafka.invalid:9092/1]: kafka.invalid:9092/1: Failed to resolve 'kafka.invalid:9092'",
    '',
  ];
  for (const text of notes) failing.note(text);
  const named = (): string[] => failing.recent(5000).map(({ host, port }) => `${host} ${port}`);
  expect(named()).toEqual(['::1 9094', 'kafka.invalid 9092']);
  clock.mockReturnValue(6001);
  expect(named()).toEqual([]);
  for (let port = 1; port <= 100; port++) failing.note(`broker:${port}/${port}: Connection refused`);
  expect(failing.recent(5000)).toHaveLength(8);
  vi.restoreAllMocks();
});
