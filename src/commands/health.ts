import { loadConfig } from '../config/load.ts';
import { LogweirError, messageOf } from '../errors.ts';

const TIMEOUT_MS = 4000;

/** Wildcard addresses, and the address to ask instead. */
const EVERYWHERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['[::]', '[::1]'],
]);

/**
 * `logweir health`: asks the instance with this configuration whether it is alive; the image's health check.
 *
 * @throws LogweirError UNAVAILABLE if it is not, or CONFIG
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

/** The URL of `/health/live` for requests from the same machine. @throws LogweirError CONFIG */
export function liveUrl(listen: string): string {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(listen.slice(colon + 1));
  if (port === 0)
    throw new LogweirError(
      'CONFIG',
      `admin.listen: port 0 of ${listen} means any free port; give a fixed port`,
    );
  const text = `http://${host.includes(':') ? `[${host}]` : host}:${port}/health/live`;
  if (!URL.canParse(text))
    throw new LogweirError('CONFIG', `admin.listen: ${listen} is not a valid address; write host:port`);
  const url = new URL(text);
  url.hostname = EVERYWHERE.get(url.hostname) ?? url.hostname;
  return url.href;
}
