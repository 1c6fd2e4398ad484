import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

const TIMEOUT_MS = 2000;
const ADDRESSES_MAX = 8;
/** Port of a bootstrap server without one. */
const DEFAULT_PORT = 9092;

/** An address of a broker, advertised or configured. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * librdkafka's name of a broker with an advertised address, `host:port/id`. For a bootstrap server the id is
 * `bootstrap`, which does not match.
 */
const FAILURE = /(?:^|[\s/])\[?([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+)\]?:(\d+)\/\d+: /;

/** Advertised addresses at which connections have failed. They are known even without metadata. */
export class FailingAddresses {
  #failures: readonly (Address & { readonly at: number })[] = [];

  /** @param text what the client logs of a failed connection */
  note(text: string): void {
    const [, host, port] = FAILURE.exec(text) ?? [];
    if (host === undefined) return;
    const failure = { host, port: Number(port), at: performance.now() };
    const others = this.#failures.filter((one) => one.host !== host || one.port !== failure.port);
    this.#failures = [...others, failure].slice(-ADDRESSES_MAX);
  }

  /** Failures of the last `ageMs`. */
  recent(ageMs: number): readonly Address[] {
    const since = performance.now() - ageMs;
    return this.#failures.filter(({ at }) => at > since);
  }
}

/**
 * Checks whether brokers can be reached at their advertised addresses. If no bootstrap server can be reached
 * either, the brokers are away, and their addresses are not at fault. The address of a bootstrap server is
 * not checked.
 *
 * @param bootstrap the configured bootstrap servers
 * @returns one sentence about the first unreachable address; null if there is none
 */
export async function unreachable(
  addresses: readonly Address[],
  bootstrap: readonly string[],
): Promise<string | null> {
  const servers = bootstrap.slice(0, ADDRESSES_MAX).map(addressOf);
  const others = addresses.filter(
    ({ host, port }) => !servers.some((one) => one.host === host && one.port === port),
  );
  if (others.length === 0) return null;
  const reasons = await Promise.all(servers.map(reasonOf));
  if (!reasons.includes(null)) return null;
  for (const { host, port } of others.slice(0, ADDRESSES_MAX)) {
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

/** Parses `host`, `host:port` or `[::1]:port`, with or without a protocol in front, as librdkafka does. */
export function addressOf(server: string): Address {
  const [, inBrackets, plain = '', port = DEFAULT_PORT] =
    /^(?:\w+:\/\/)?(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(server.trim()) ?? [];
  return { host: inBrackets ?? plain, port: Number(port) };
}

/** Why no connection to an address is possible, as a predicate; null if one is. */
export async function reasonOf({ host, port }: Address): Promise<string | null> {
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
