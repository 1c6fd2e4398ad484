import { expect } from 'vitest';
import type { Logweir } from './logweir.ts';

/** Half a minute, and what a loaded machine adds. */
const SEEN_MS = 45_000;
/** Alive all the same. */
export const NOT_READY = { ready: 503, live: 200 };

export async function isReady(logweir: Logweir): Promise<boolean> {
  return (await logweir.get('/health/ready')).status === 200;
}

/** What the endpoints answer once the instance says that this keeps it from reading. */
export async function onceItSays(logweir: Logweir, reason: RegExp): Promise<{ ready: number; live: number }> {
  const isSaid = async (): Promise<boolean> => {
    const { kafka, reason: whole } = await logweir.status();
    return reason.test(kafka.reason ?? '') && (whole ?? '').includes(kafka.reason ?? '?');
  };
  await logweir.waitUntil(isSaid, String(reason), SEEN_MS);
  const [ready, live] = [await logweir.get('/health/ready'), await logweir.get('/health/live')];
  return { ready: ready.status, live: live.status };
}

export async function waitUntilReady(logweir: Logweir): Promise<void> {
  await logweir.waitUntil(() => isReady(logweir), 'ready', 60_000);
  expect((await logweir.status()).kafka).toMatchObject({ connected: true, reason: null });
}
