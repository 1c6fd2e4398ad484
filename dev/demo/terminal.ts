import { stripVTControlCharacters, styleText } from 'node:util';

const PLAIN_EVERY_MS = 2500;

type Style = Parameters<typeof styleText>[0];

/** Steps and results as they come, and one line of progress: in place on a terminal, now and then elsewhere. */
export class Terminal {
  readonly #out = process.stdout;
  readonly #started = performance.now();
  #inPlace = false;
  #progressAt = Number.NEGATIVE_INFINITY;

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Without effect where standard output is no terminal, or NO_COLOR is set. */
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

  /** How things stand. */
  progress(text: string): void {
    const line = `${this.#clock()}    ${text}`;
    if (this.#out.isTTY) {
      // A line that wraps could not be taken back.
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
