/**
 * An Elasticsearch that only counts: it answers every bulk request at once that all of its documents are
 * stored. Started as a process of its own; prints its port, and tells its counts at `GET /stats`.
 */
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { AddressInfo } from 'node:net';

/** What `GET /stats` answers. Times are in ms since the epoch, 0 before the first document. */
export interface SinkStats {
  readonly documents: number;
  readonly bytes: number;
  readonly requests: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Of the sink's process, in µs. */
  readonly cpu: number;
  /** Produced to acknowledged, in ms, of events with a `sent_at`; a reservoir of those of the last runs. */
  readonly latencies: readonly number[];
}

/**
 * What goes wrong from `PUT /fault/<kind>` on: nothing, every request with that status, or every tenth item
 * with 429.
 */
export type Fault = 'none' | '401' | '503' | 'items';

const BUSY = '{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"busy"}}}';
const LINE_FEED = 0x0a;
const SENT_AT = '"sent_at":';
const watchesLatency = process.argv.includes('--latency');
const LATENCIES_MAX = 200_000;
/** With the `filter_path` that Logweir asks with. */
const ITEM = '{"index":{"result":"created","status":201}}';

let documents = 0;
let bytes = 0;
let requests = 0;
let firstAt = 0;
let lastAt = 0;
let latencies: number[] = [];
let fault: Fault = 'none';
const answers = new Map<number, string>();

function answerFor(count: number): string {
  let answer = answers.get(count);
  if (answer === undefined) {
    answer = `{"errors":false,"items":[${Array.from({ length: count }, () => ITEM).join(',')}]}`;
    if (answers.size < 1000) answers.set(count, answer);
  }
  return answer;
}

/** Only in the latency run do events say when they were sent. */
function noteLatencies(body: Buffer, now: number): void {
  for (let at = body.indexOf(SENT_AT); at !== -1; at = body.indexOf(SENT_AT, at + SENT_AT.length)) {
    if (latencies.length >= LATENCIES_MAX) return;
    latencies.push(now - Number.parseFloat(body.toString('latin1', at + SENT_AT.length, at + 30)));
  }
}

function linesIn(part: Buffer): number {
  let lines = 0;
  for (let end = part.indexOf(LINE_FEED); end !== -1; end = part.indexOf(LINE_FEED, end + 1)) lines++;
  return lines;
}

const server = createServer((request, response) => {
  const isZipped = request.headers['content-encoding'] === 'gzip';
  // Concatenated only if necessary: the sink must take as little CPU as possible.
  const parts: Buffer[] = [];
  let lines = 0;
  let length = 0;
  request.on('data', (part: Buffer) => {
    if (isZipped || watchesLatency) parts.push(part);
    else {
      lines += linesIn(part);
      length += part.length;
    }
  });
  request.on('end', () => {
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', 'application/json');
    if (request.method === 'POST' && request.url?.includes('_bulk') === true) {
      const now = performance.timeOrigin + performance.now();
      if (fault === '401' || fault === '503') {
        response.statusCode = Number(fault);
        response.end('{}');
        return;
      }
      if (parts.length > 0) {
        const raw = Buffer.concat(parts);
        const body = isZipped ? gunzipSync(raw) : raw;
        [lines, length] = [linesIn(body), body.length];
        if (watchesLatency) noteLatencies(body, now);
      }
      // Every second line is a document.
      const count = lines / 2;
      if (firstAt === 0) firstAt = now;
      lastAt = now;
      if (fault === 'items') {
        const rejected = Array.from({ length: count }, (_, index) => index % 10 === 0);
        documents += rejected.filter((isRejected) => !isRejected).length;
        const items = rejected.map((isRejected) => (isRejected ? BUSY : ITEM));
        response.end(`{"errors":${rejected.includes(true)},"items":[${items.join(',')}]}`);
        return;
      }
      documents += count;
      bytes += length;
      requests++;
      response.end(answerFor(count));
      return;
    }
    const wanted = /^\/fault\/(none|401|503|items)$/.exec(request.url ?? '');
    if (request.method === 'PUT' && wanted !== null) {
      fault = wanted[1] as Fault;
      response.end('{}');
      return;
    }
    if (request.url === '/stats') {
      const { user, system } = process.cpuUsage();
      const stats: SinkStats = { documents, bytes, requests, firstAt, lastAt, cpu: user + system, latencies };
      if (request.method === 'DELETE') {
        [documents, bytes, requests, firstAt, lastAt, latencies] = [0, 0, 0, 0, 0, []];
      }
      response.end(JSON.stringify(stats));
      return;
    }
    // What rsyslog and others look at before they start.
    response.end('{"status":"green","version":{"number":"9.5.0"}}');
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
