/**
 * An Elasticsearch that only counts: it answers every bulk request at once that all of its documents are stored. Started as
 * a process of its own; prints its port, and tells its counts at `GET /stats`.
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

/** What goes wrong from `PUT /fault/<kind>` on: nothing, every request with that status, or every tenth item with 429. */
export type Fault = 'none' | '401' | '503' | 'items';

const BUSY = '{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"busy"}}}';
const LINE_FEED = 0x0a;
const LATENCIES_MAX = 200_000;
const ITEM = '{"index":{"status":201}}';

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
function noteLatency(line: Buffer, now: number): void {
  const at = line.indexOf('"sent_at":');
  if (at === -1 || latencies.length >= LATENCIES_MAX) return;
  latencies.push(now - Number.parseFloat(line.toString('latin1', at + 10, at + 30)));
}

/** Every second line is a document. */
function countDocuments(body: Buffer, now: number, watchLatency: boolean): number {
  let lines = 0;
  let start = 0;
  for (let end = body.indexOf(LINE_FEED); end !== -1; end = body.indexOf(LINE_FEED, start)) {
    if (watchLatency && lines % 2 === 1) noteLatency(body.subarray(start, end), now);
    lines++;
    start = end + 1;
  }
  return lines / 2;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', 'application/json');
    if (request.method === 'POST' && request.url?.includes('_bulk') === true) {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const now = performance.timeOrigin + performance.now();
      if (fault === '401' || fault === '503') {
        response.statusCode = Number(fault);
        response.end('{}');
        return;
      }
      const count = countDocuments(body, now, process.argv.includes('--latency'));
      if (firstAt === 0) firstAt = now;
      lastAt = now;
      if (fault === 'items') {
        const refused = Array.from({ length: count }, (_, index) => index % 10 === 0);
        documents += refused.filter((isRefused) => !isRefused).length;
        const items = refused.map((isRefused) => (isRefused ? BUSY : ITEM));
        response.end(`{"errors":${refused.includes(true)},"items":[${items.join(',')}]}`);
        return;
      }
      documents += count;
      bytes += body.length;
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
