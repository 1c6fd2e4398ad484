import { setTimeout as delay } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';

/** @param gently false where nobody should wait for an orderly end */
type End = (gently: boolean) => Promise<unknown>;

const TIMEOUT_MS = 60_000;

/** What must end when the demo does, however it does: last come, first ended. */
export class Cleanup {
  readonly #terminal: Terminal;
  readonly #ends: { readonly what: string; readonly end: End }[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @param what ends the sentence "could not end ..." */
  add(what: string, end: End): void {
    this.#ends.push({ what, end });
  }

  /** What fails, or takes for ever, does not keep the others from ending. @returns whether all went well */
  async run(gently: boolean): Promise<boolean> {
    let well = true;
    for (const { what, end } of this.#ends.toReversed()) {
      try {
        await Promise.race([end(gently), tooLate()]);
      } catch (error) {
        well = false;
        this.#terminal.print(`could not end ${what}: ${(error as Error).message}`);
      }
    }
    return well;
  }
}

async function tooLate(): Promise<never> {
  await delay(TIMEOUT_MS, undefined, { ref: false });
  throw new Error(`it takes longer than ${TIMEOUT_MS} ms`);
}
