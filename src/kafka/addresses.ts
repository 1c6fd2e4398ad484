import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

const TIMEOUT_MS = 2000;
const TRIED_MAX = 8;
/** Of a bootstrap server without one. */
const DEFAULT_PORT = 9092;

/** Where a broker says that it is to be reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How librdkafka names a broker that it knows by its advertised address: `host:port/id`; at a bootstrap server the id is `bootstrap`. */
const FAILURE = /(?:^|[\s/])\[?([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+)\]?:(\d+)\/\d+: /;

/** Addresses that brokers advertise and the client has failed at. They are known also where no metadata can be had. */
export class FailingAddresses {
  #failures: readonly (Address & { readonly at: number })[] = [];

  /** @param text what the client logs of a failure */
  note(text: string): void {
    const [, host, port] = FAILURE.exec(text) ?? [];
    if (host === undefined) return;
    const failure = { host, port: Number(port), at: performance.now() };
    const others = this.#failures.filter((one) => one.host !== host || one.port !== failure.port);
    this.#failures = [...others, failure].slice(-TRIED_MAX);
  }

  /** Those of the last `ageMs`. */
  recent(ageMs: number): readonly Address[] {
    const since = performance.now() - ageMs;
    return this.#failures.filter(({ at }) => at > since);
  }
}

/**
 * Looks whether brokers can be reached where they say. Where no bootstrap server can be reached either they are away, and say nothing wrong;
 * and an address by which they were asked is right.
 *
 * @param bootstrap servers, as the configuration has them
 * @returns the first address that cannot, in words; null where all can, or none is known
 */
export async function unreachable(
  addresses: readonly Address[],
  bootstrap: readonly string[],
): Promise<string | null> {
  const asked = bootstrap.slice(0, TRIED_MAX).map(addressOf);
  const others = addresses.filter(
    ({ host, port }) => !asked.some((one) => one.host === host && one.port === port),
  );
  if (others.length === 0) return null;
  const reasons = await Promise.all(asked.map(reasonOf));
  if (!reasons.includes(null)) return null;
  for (const { host, port } of others.slice(0, TRIED_MAX)) {
    const reason = await reasonOf({ host, port });
    if (reason !== null) {
      return (
        `a broker advertises the address ${host}:${port}, which ${reason}: ` +
        'set advertised.listeners of the brokers to addresses that clients can reach'
      );
    }
  }
  return null;
}

/** `host`, `host:port`, `[::1]:port`, each with a protocol in front or not, as librdkafka takes them. */
function addressOf(server: string): Address {
  const [, inBrackets, plain = '', port = DEFAULT_PORT] =
    /^(?:\w+:\/\/)?(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(server.trim()) ?? [];
  return { host: inBrackets ?? plain, port: Number(port) };
}

async function reasonOf({ host, port }: Address): Promise<string | null> {
  try {
    await lookup(host);
  } catch (error) {
    return `cannot be resolved here (${codeOf(error)})`;
  }
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const done = (reason: string | null): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => done(null));
    socket.once('timeout', () => done('does not answer'));
    socket.once('error', (error) => done(`cannot be reached from here (${codeOf(error)})`));
  });
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? 'no reason given';
}
