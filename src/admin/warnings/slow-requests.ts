import type { BulkTransport } from '../../elasticsearch/client.ts';
import type { Finding } from './warning.ts';

/** Healthy bulk requests take milliseconds to a second; a quarter of `request.timeout_ms` is a fault. */
const SLOW_SECONDS = 5;
/** The warning ends below this. */
const FAST_SECONDS = SLOW_SECONDS / 2;
/** Answers are averaged over this time, and the warning ends after this time without a slow one. */
const WINDOW_SECONDS = 10;
/** Answers that are remembered; more in ten seconds are fast ones. */
const ANSWERS_MAX = 1000;

/** Tells whether Elasticsearch is slow, by the answers of the last seconds and the requests that wait. */
export class SlowRequests {
  /** When each open request was sent, in seconds; the oldest is the first. */
  readonly #open = new Map<object, number>();
  /** The first requests are not timed: they may create an index, on a server that has just started. */
  #hasAnswered = false;
  readonly #answers: { at: number; seconds: number }[] = [];
  /** When it was last slow, and how slow; null without a warning. */
  #slow: { at: number; seconds: number } | null = null;

  /** @param now seconds of a monotonic clock, as everywhere here */
  sent(request: object, now: number): void {
    if (this.#hasAnswered) this.#open.set(request, now);
  }

  /** @param isAnswer false if no answer came: what was sent is then told as an outage */
  ended(request: object, isAnswer: boolean, now: number): void {
    this.#hasAnswered ||= isAnswer;
    const sentAt = this.#open.get(request);
    this.#open.delete(request);
    if (sentAt === undefined || !isAnswer) return;
    this.#answers.push({ at: now, seconds: now - sentAt });
    if (this.#answers.length > ANSWERS_MAX) this.#answers.shift();
  }

  /** Call it once a second. @param isAway whether an outage is told instead */
  look(now: number, isAway: boolean): Finding[] {
    while (this.#answers[0] !== undefined && this.#answers[0].at < now - WINDOW_SECONDS)
      this.#answers.shift();
    const seconds = Math.max(this.#mean, this.#longestWait(now));
    if (isAway) this.#slow = null;
    else if (seconds >= (this.#slow === null ? SLOW_SECONDS : FAST_SECONDS))
      this.#slow = { at: now, seconds };
    else if (this.#slow !== null && now - this.#slow.at > WINDOW_SECONDS) this.#slow = null;
    return this.#slow === null ? [] : [findingOf(this.#slow.seconds, this.#open.size)];
  }

  get #mean(): number {
    if (this.#answers.length === 0) return 0;
    return this.#answers.reduce((sum, { seconds }) => sum + seconds, 0) / this.#answers.length;
  }

  #longestWait(now: number): number {
    const [oldest = now] = this.#open.values();
    return now - oldest;
  }
}

function findingOf(seconds: number, open: number): Finding {
  const shown = Math.round(seconds * 10) / 10;
  return {
    cause: 'elasticsearch_slow',
    transform: null,
    message: `Elasticsearch is slow: its answers take ${shown} s (${open} bulk requests are open)`,
    action:
      'Look at the load, the disks and the rejected writes of its nodes, and at what is between; ' +
      'nothing is lost, and the lag may grow.',
    details: { seconds: shown, open_requests: open },
  };
}

/** The transport, with its requests noted. */
export function observed(transport: BulkTransport, requests: SlowRequests): BulkTransport {
  return {
    async send(body, signal, documents) {
      const request = {};
      requests.sent(request, performance.now() / 1000);
      let isAnswer = false;
      try {
        const answer = await transport.send(body, signal, documents);
        isAnswer = !('failure' in answer);
        return answer;
      } finally {
        requests.ended(request, isAnswer, performance.now() / 1000);
      }
    },
    refresh: () => transport.refresh(),
    close: async () => transport.close(),
  };
}
