import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EventStreams } from '../../../src/admin/event-stream.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

/** An endpoint that opens a stream for each request, as long as there is room. */
async function serve(streams: EventStreams, closed: () => void = () => {}): Promise<number> {
  const started = createServer((_request, response) => {
    if (streams.add(response, {}, closed) === null) response.writeHead(503).end();
  });
  server = started.listen(0, '127.0.0.1');
  await once(started, 'listening');
  return (started.address() as AddressInfo).port;
}

const ask = (port: number, signal?: AbortSignal) =>
  fetch(`http://127.0.0.1:${port}`, signal === undefined ? {} : { signal });

it('sends an event to every reader, and opens no more streams than allowed', async () => {
  const streams = new EventStreams(2);
  const port = await serve(streams);
  const readers = [await ask(port), await ask(port)];
  expect((await ask(port)).status).toBe(503);
  expect(streams.size).toBe(2);
  streams.send('view', '{"a":1}');
  for (const reader of readers) {
    expect(reader.headers.get('content-type')).toBe('text/event-stream');
    const stream = reader.body?.getReader();
    const { value } = (await stream?.read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toBe('event: view\ndata: {"a":1}\n\n');
    await stream?.cancel();
  }
});

it('makes room when a reader goes, and tells once', async () => {
  let closed = 0;
  const streams = new EventStreams(1);
  const port = await serve(streams, () => closed++);
  const leaving = new AbortController();
  await ask(port, leaving.signal);
  leaving.abort();
  await expect.poll(() => streams.size).toBe(0);
  expect(closed).toBe(1);
  expect((await ask(port)).status).toBe(200);
});

it('drops a reader that does not read, and keeps sending to the others', async () => {
  const streams = new EventStreams(5);
  const port = await serve(streams);
  const slow = connect(port, '127.0.0.1');
  slow.on('error', () => {});
  slow.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await expect.poll(() => streams.size).toBe(1);
  slow.pause();
  const fast = await ask(port);
  const reading = fast.body?.pipeTo(new WritableStream());
  reading?.catch(() => {});
  expect(streams.size).toBe(2);
  const megabyte = JSON.stringify('x'.repeat(1_048_576));
  const sendOne = async (): Promise<number> => {
    streams.send('view', megabyte);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return streams.size;
  };
  await expect.poll(sendOne, { timeout: 30_000, interval: 5 }).toBe(1);
  slow.destroy();
});
