import { rootFact } from '../check/search-answers.ts';
import type { Config } from '../config/schema.ts';
import { withoutPassword } from '../elasticsearch/ask-endpoints.ts';
import type { TemplateProduct } from '../elasticsearch/log-template.ts';
import { type Ask, plainRequests } from '../elasticsearch/plain-requests.ts';
import { LogweirError, messageOf } from '../errors.ts';

const TIMEOUT_MS = 10_000;

export interface Server {
  readonly ask: Ask;
  /** Without its password. */
  readonly endpoint: string;
  readonly product: TemplateProduct | null;
}

/** The first endpoint that accepts the login. @throws LogweirError UNAVAILABLE */
export async function findServer(config: Config['elasticsearch'], timeoutMs = TIMEOUT_MS): Promise<Server> {
  const reasons: string[] = [];
  for (const endpoint of config.endpoints) {
    const shown = withoutPassword(endpoint);
    try {
      const ask = plainRequests(config, endpoint, timeoutMs);
      const { status, product, version } = rootFact(await ask('GET', '/'), Date.now());
      if (status !== 401 && status < 500)
        return { ask, endpoint: shown, product: product === null ? null : { name: product, version } };
      reasons.push(`${shown}: HTTP ${status}`);
    } catch (error) {
      if (error instanceof LogweirError) throw error;
      reasons.push(`${shown}: ${messageOf(error)}`);
    }
  }
  throw new LogweirError('UNAVAILABLE', `no endpoint accepts requests: ${reasons.join('; ')}`);
}
