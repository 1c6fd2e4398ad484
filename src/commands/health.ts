import { loadConfig } from '../config/load.ts';
import { LogweirError, messageOf } from '../errors.ts';

const TIMEOUT_MS = 4000;

/** Those who listen on every address, and where they are asked. */
const EVERYWHERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['[::]', '[::1]'],
]);

/**
 * `logweir health`: whether the one that runs with this configuration is alive; the image's health check.
 *
 * @throws LogweirError UNAVAILABLE where it is not, or CONFIG
 */
export async function health(options: { config?: string }, say: (text: string) => void): Promise<void> {
  const { listen } = loadConfig(options.config).config.admin;
  if (listen === '') {
    say('admin.listen is empty: there is nothing to ask\n');
    return;
  }
  const url = liveUrl(listen);
  let status: number;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    status = answer.status;
    await answer.body?.cancel();
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    throw new LogweirError('UNAVAILABLE', `${url}: ${messageOf(cause ?? error)}`, { cause: error });
  }
  if (status !== 200) throw new LogweirError('UNAVAILABLE', `${url}: HTTP ${status}`);
  say('live\n');
}

/** Where `admin.listen` can be asked from the same machine. @throws LogweirError CONFIG */
export function liveUrl(listen: string): string {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(listen.slice(colon + 1));
  if (port === 0)
    throw new LogweirError('CONFIG', `admin.listen: ${listen} is a port that nobody knows; give it a number`);
  const text = `http://${host.includes(':') ? `[${host}]` : host}:${port}/health/live`;
  if (!URL.canParse(text))
    throw new LogweirError('CONFIG', `admin.listen: ${listen} is not an address that can be asked`);
  const url = new URL(text);
  url.hostname = EVERYWHERE.get(url.hostname) ?? url.hostname;
  return url.href;
}
