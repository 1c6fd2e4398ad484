import { stripVTControlCharacters, styleText } from 'node:util';

const PLAIN_EVERY_MS = 2500;

type Style = Parameters<typeof styleText>[0];

/** Prints steps and results, and one line of progress: in place on a terminal, every 2.5 s elsewhere. */
export class Terminal {
  readonly #out = process.stdout;
  readonly #started = performance.now();
  #inPlace = false;
  #progressAt = Number.NEGATIVE_INFINITY;

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Has no effect if standard output is not a terminal, or NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out });
  }

  print(text = ''): void {
    if (this.#inPlace) this.#out.write('\r\u001B[K');
    this.#inPlace = false;
    this.#out.write(`${text}\n`);
  }

  /** A step of the demo, in one sentence. */
  say(text: string): void {
    this.print(`${this.#clock()}  ${this.style('bold', text)}`);
  }

  /** The line of progress. */
  progress(text: string): void {
    const line = `${this.#clock()}    ${text}`;
    if (this.#out.isTTY) {
      // A wrapped line could not be overwritten.
      const columns = this.#out.columns || 80;
      const plain = stripVTControlCharacters(line);
      const shown = plain.length < columns ? line : plain.slice(0, columns - 1);
      this.#out.write(`\r\u001B[K${shown}`);
      this.#inPlace = true;
    } else if (this.elapsedMs - this.#progressAt >= PLAIN_EVERY_MS) {
      this.#progressAt = this.elapsedMs;
      this.#out.write(`${line}\n`);
    }
  }

  #clock(): string {
    return this.style('dim', `${(this.elapsedMs / 1000).toFixed(1).padStart(6)} s`);
  }
}

/** `12,345` */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `12.3 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
