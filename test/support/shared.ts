interface Shared {
  /** The value of the promise is known to those who use the name. */
  readonly started: Promise<unknown>;
  users: number;
}

declare global {
  /** By name: each project of a run loads its global set-up again, all in one process. */
  var logweirTestServers: Map<string, Shared> | undefined;
}

/**
 * A server for all projects of a run: the first that wants it starts it, the last that leaves stops it.
 *
 * @param start the same for all callers of one name
 */
export async function share<T>(
  name: string,
  start: () => Promise<T>,
  stop: (server: T) => Promise<void>,
): Promise<{ server: T; leave: () => Promise<void> }> {
  const all = (globalThis.logweirTestServers ??= new Map<string, Shared>());
  const shared = all.get(name) ?? { started: start(), users: 0 };
  all.set(name, shared);
  shared.users++;
  const server = (await shared.started) as T;
  const leave = async (): Promise<void> => {
    shared.users--;
    if (shared.users === 0) await stop(server);
  };
  return { server, leave };
}
