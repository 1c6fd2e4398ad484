import { promisify } from 'node:util';

// Not from node:timers/promises: that is the module that this replaces.
const turn = promisify(setImmediate);

interface Wait {
  readonly ms: number;
  end(): void;
}

/**
 * Stands in for `setTimeout` of node:timers/promises, which vitest's fake timers do not reach. Waits are over at the next turn
 * of the event loop, or, while `held` is set, when the test ends them.
 *
 *     vi.mock(import('node:timers/promises'), async (original) => {
 *       const { fakeDelay } = await import('./fake-delay.ts');
 *       return { ...(await original()), setTimeout: fakeDelay.wait };
 *     });
 */
class FakeDelay {
  /** Whether waits last until {@link end}. */
  held = false;
  /** The length of every wait so far, in ms. */
  lengths: number[] = [];
  #open = new Set<Wait>();

  reset(): void {
    this.end();
    this.held = false;
    this.lengths = [];
  }

  /** How many are waiting. */
  get open(): number {
    return this.#open.size;
  }

  /** Ends all waits that are open now. */
  end(): void {
    for (const wait of this.#open) wait.end();
  }

  readonly wait = async <T = void>(
    ms = 0,
    value?: T,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<T> => {
    const signal = options?.signal;
    signal?.throwIfAborted();
    this.lengths.push(ms);
    if (!this.held) {
      await turn();
      signal?.throwIfAborted();
      return value as T;
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const wait: Wait = { ms, end: () => resolve(value as T) };
    this.#open.add(wait);
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    return promise.finally(() => this.#open.delete(wait));
  };
}

export const fakeDelay = new FakeDelay();
