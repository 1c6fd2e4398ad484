import type { Coordinates } from '../record.ts';
import { type TapFilter, compileFilter } from './filter.ts';
import type { TapCounts, TapEvent, TapMessage, TapOptions, TapSource } from './messages.ts';

/** Limits for each second; what is above them is counted, not shown. */
const EXAMINED_EVENTS_MAX = 2000;
const EXAMINED_BYTES_MAX = 4_194_304;
/** Events that one tap shows in a second. */
const SHOWN_MAX = 50;
/** Characters of an event that a tap shows. */
const TEXT_MAX = 16_384;
const TAPS_MAX = 5;
const WINDOW_MS = 1000;

type Where = Coordinates & { readonly timestamp: number };

interface OpenTap {
  readonly stage: TapOptions['stage'];
  readonly fits: TapFilter;
  readonly listener: (message: TapMessage) => void;
  counts: Omit<TapCounts, 'kind'>;
  shown: number;
}

/**
 * The live tap: shows samples of events to clients that look. While none does, the pipeline only reads
 * {@link isOpen}. Its cost is bounded otherwise: it looks at a limited number of events and bytes in each
 * second, and shows fewer.
 */
export class Tap implements TapSource {
  /** Whether a client looks. The pipeline reads it for each record; it must stay a plain field. */
  isOpen = false;
  readonly #taps = new Set<OpenTap>();
  #timer: NodeJS.Timeout | null = null;
  #examined = 0;
  #bytes = 0;

  open(options: TapOptions, listener: (message: TapMessage) => void): (() => void) | null {
    if (this.#taps.size >= TAPS_MAX) return null;
    const counts = { passed: 0, examined: 0, withheld: 0 };
    const fits = compileFilter(options.filter);
    const tap: OpenTap = { stage: options.stage, fits, listener, counts, shown: 0 };
    this.#taps.add(tap);
    this.#changed();
    return () => {
      this.#taps.delete(tap);
      this.#changed();
    };
  }

  close(): void {
    this.#taps.clear();
    this.#changed();
  }

  /** Shows an event as it came from Kafka. */
  before(record: Where, bytes: Buffer, start: number, end: number): void {
    this.#show('before', record, end - start, () => bytes.toString('utf8', start, end), null);
  }

  /** Shows an event as it goes to Elasticsearch. */
  after(record: Where, bytes: number, source: () => string, index: string): void {
    this.#show('after', record, bytes, source, index);
  }

  #show(
    stage: TapEvent['stage'],
    record: Where,
    bytes: number,
    source: () => string,
    index: string | null,
  ): void {
    const isWithin = this.#examined < EXAMINED_EVENTS_MAX && this.#bytes + bytes <= EXAMINED_BYTES_MAX;
    let text: string | undefined;
    for (const tap of this.#taps) {
      if (tap.stage !== null && tap.stage !== stage) continue;
      tap.counts.passed++;
      if (!isWithin) continue;
      if (text === undefined) {
        text = source();
        this.#examined++;
        this.#bytes += bytes;
      }
      tap.counts.examined++;
      if (!tap.fits(text)) continue;
      if (tap.shown >= SHOWN_MAX) {
        tap.counts.withheld++;
        continue;
      }
      tap.shown++;
      const { topic, partition, offset, timestamp } = record;
      const truncated = text.length > TEXT_MAX;
      const event = truncated ? text.slice(0, TEXT_MAX) : text;
      tap.listener({ kind: 'event', stage, topic, partition, offset, timestamp, index, event, truncated });
    }
  }

  #changed(): void {
    this.isOpen = this.#taps.size > 0;
    if (this.isOpen) this.#timer ??= setInterval(() => this.#nextWindow(), WINDOW_MS).unref();
    else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
      this.#examined = 0;
      this.#bytes = 0;
    }
  }

  #nextWindow(): void {
    this.#examined = 0;
    this.#bytes = 0;
    for (const tap of this.#taps) {
      const { counts } = tap;
      tap.shown = 0;
      tap.counts = { passed: 0, examined: 0, withheld: 0 };
      if (counts.passed > 0) tap.listener({ kind: 'counts', ...counts });
    }
  }
}
