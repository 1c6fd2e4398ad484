import { setTimeout as delay } from 'node:timers/promises';
import { agentEvent } from './events.ts';
import type { Lab } from './lab.ts';

/** Produces a few hundred events a second until it is told to end. */
export function feed(lab: Lab): () => Promise<void> {
  const ending = new AbortController();
  const fed = (async () => {
    for (let from = 0; !ending.signal.aborted; from += 50) {
      const events = Array.from({ length: 50 }, (_, index) => agentEvent(from + index));
      await lab.ledger.produce(lab.topic, events);
      await delay(100);
    }
  })();
  return async () => {
    ending.abort();
    await fed;
  };
}
