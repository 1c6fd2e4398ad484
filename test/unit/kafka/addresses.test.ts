import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { unreachable } from '../../../src/kafka/addresses.ts';

it('an address that is answered at is none to complain of, nor is none', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    expect(await unreachable([{ host: '127.0.0.1', port }])).toBeNull();
    expect(await unreachable([])).toBeNull();
    expect(
      await unreachable([
        { host: '127.0.0.1', port },
        { host: '127.0.0.1', port: 1 },
      ]),
    ).toMatch(
      /^a broker advertises the address 127\.0\.0\.1:1, which cannot be reached from here \(ECONNREFUSED\): set advertised\.listeners/,
    );
  } finally {
    server.close();
  }
});

it('a name that does not resolve is named', async () => {
  expect(await unreachable([{ host: 'kafka.invalid', port: 9092 }])).toMatch(
    /^a broker advertises the address kafka\.invalid:9092, which cannot be resolved here \([A-Z_]+\): set advertised/,
  );
});
