export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but text and bytes is sent as JSON. */
  readonly body?: unknown;
}

/** What Elasticsearch answered. */
export type FullAnswer = Answer & { readonly body: Buffer };

export interface ProxyRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** Sends the request on, with another body if one is given, and resolves with the real server's answer. */
export type Forward = (body?: string | Buffer) => Promise<FullAnswer>;

export type Action =
  /** The connection breaks, and Elasticsearch never saw the request. */
  | 'cutBefore'
  /** Elasticsearch has done its work, and the connection breaks before the answer arrives. */
  | 'cutAfter'
  /** Nothing happens: Elasticsearch does not see the request, and no answer comes. */
  | 'hang'
  /** Elasticsearch has done its work, and no answer comes. */
  | 'hangAfter'
  | { readonly answer: Answer | ((request: ProxyRequest, forward: Forward) => Answer | Promise<Answer>) }
  | { readonly delayMs: number }
  /** The real answer up to a byte: as a whole answer of that length, or (`cut`) with the connection broken there. */
  | { readonly truncateAt: number; readonly cut?: boolean }
  /** The real answer up to a byte, and then nothing more, with the connection open. */
  | { readonly stallAt: number };

/** `count` is 1 for the first request that the rule looks at; it looks at none from before it was made. */
export type Predicate = (request: { count: number; method: string; path: string }) => boolean;

export interface Match {
  /** Exactly this request. */
  readonly nth?: number;
  /** This request and later ones. */
  readonly from?: number;
  /** This request and earlier ones. */
  readonly until?: number;
  /** The end of the path, or an expression for it. Others are not counted. @default '/_bulk' */
  readonly path?: string | RegExp;
}

export class Rule {
  /** How many requests the rule has acted on. A test asserts on it: a fault that never fired proves nothing. */
  hits = 0;
  readonly action: Action;
  readonly #match: Match | Predicate;
  readonly #removed: (rule: Rule) => void;
  #count = 0;

  constructor(match: Match | Predicate, action: Action, removed: (rule: Rule) => void) {
    this.#match = match;
    this.action = action;
    this.#removed = removed;
  }

  remove(): void {
    this.#removed(this);
  }

  /** Counts the request, and tells whether the rule wants to act on it. */
  wants(method: string, path: string): boolean {
    const match = this.#match;
    if (typeof match === 'function') return match({ count: ++this.#count, method, path });
    const { nth, from = 1, until = Infinity, path: wanted = '/_bulk' } = match;
    if (!(typeof wanted === 'string' ? path.endsWith(wanted) : wanted.test(path))) return false;
    const count = ++this.#count;
    return nth === undefined ? count >= from && count <= until : count === nth;
  }
}
