import { messageOf } from '../../errors.ts';

/** Actions that must not overlap with a `consume` call. The consumer's loop runs them between two polls. */
export class BetweenPolls {
  #waiting: (() => void)[] = [];
  #ended = false;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves with the result of `action`, or rejects with its error, after it has run. */
  run<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(action());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(messageOf(error)));
        }
      });
      if (this.#ended) this.runWaiting();
    });
  }

  /** Runs the waiting actions in order. Called while no `consume` is in flight. */
  runWaiting(): void {
    const actions = this.#waiting;
    this.#waiting = [];
    for (const action of actions) action();
  }

  /**
   * There are no more polls: from now on, actions run at once. The client's close waits for the answer to its
   * last rebalance, which is such an action.
   */
  end(): void {
    this.#ended = true;
  }
}
