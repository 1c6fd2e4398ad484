import { loadConfig } from '../config/load.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { liveUrl } from './health.ts';

const TIMEOUT_MS = 8000;

/** The running instance that a command asks. */
export interface InstanceOptions {
  readonly config?: string;
  /** Address of its endpoint; that of the configuration if left out. */
  readonly url?: string;
}

/** @returns the address of the endpoint, which ends with a slash. @throws LogweirError CONFIG or USAGE */
export function instanceUrl({ config, url }: InstanceOptions): string {
  if (url !== undefined) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new LogweirError('USAGE', `--url must be an address like http://127.0.0.1:8686, not ${url}`);
    return url.endsWith('/') ? url : `${url}/`;
  }
  const { listen } = loadConfig(config).config.admin;
  if (listen === '')
    throw new LogweirError('CONFIG', 'admin.listen is empty, so that the instance has no endpoint to ask');
  return new URL('/', liveUrl(listen)).href;
}

/** @throws LogweirError UNAVAILABLE if the instance does not answer, or with its reason for a rejection */
export async function askInstance(base: string, path: string): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  let answer: Response;
  try {
    answer = await fetch(new URL(path, base), { signal: timeout.signal });
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    if (timeout.signal.aborted)
      throw new LogweirError(
        'UNAVAILABLE',
        `the instance at ${base} has not answered within ${TIMEOUT_MS / 1000} s: a transform may hang (look for ` +
          'event_loop_blocked in its log), the process may be stopped, or its machine overloaded',
        { cause: error },
      );
    const reason = messageOf(cause ?? error);
    throw new LogweirError(
      'UNAVAILABLE',
      `no instance answers at ${base} (${reason}): start one with logweir run, or name its address with --url`,
      { cause: error },
    );
  } finally {
    // A stream goes on for longer.
    clearTimeout(timer);
  }
  if (answer.ok) return answer;
  const said = (await answer.text()).trim().slice(0, 500);
  throw new LogweirError('UNAVAILABLE', `${answer.url}: HTTP ${answer.status}: ${printable(said)}`);
}

/** Control characters as `\u001b`, so that no text of an event or a reason acts on the terminal. */
export function printable(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
