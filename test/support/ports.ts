import { createServer } from 'node:net';

/** A TCP port on 127.0.0.1 without a listener. The kernel hands it out again only after many others. */
export async function freePort(): Promise<number> {
  return await listenOn(0);
}

/** `preferred` if it has no listener, else any free port. */
export async function preferredPort(preferred: number): Promise<number> {
  try {
    return await listenOn(preferred);
  } catch {
    return await freePort();
  }
}

async function listenOn(port: number): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('not a TCP address');
      server.close(() => resolve(address.port));
    });
  });
}
