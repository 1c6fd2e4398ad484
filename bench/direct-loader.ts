/**
 * The ceiling: the same documents under ids of the same form, straight into Elasticsearch's `_bulk`, with nothing to read,
 * to settle or to commit.
 *
 *     node bench/direct-loader.ts <url> <index> <documents> <concurrency>
 */
import { Agent, request } from 'node:http';
import { documentId } from '../src/elasticsearch/document-id.ts';
import { payloads } from './topics.ts';

const [url = '', index = '', wanted = '0', concurrency = '4'] = process.argv.slice(2);
const BATCH_BYTES = 5_000_000;
const values = payloads(400);
const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency) });
const timestamp = Date.now();
let next = 0;

function takeBody(): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let bytes = 0; bytes < BATCH_BYTES && next < Number(wanted); next++) {
    const id = documentId({ topic: 'app-logs', partition: next % 6, offset: next, timestamp });
    const action = Buffer.from(`{"index":{"_index":"${index}","_id":"${id}"}}\n`);
    const value = values[next % values.length] as Buffer;
    parts.push(action, value, Buffer.from('\n'));
    bytes += action.length + value.length + 1;
  }
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}

async function send(body: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(`${url}/_bulk?filter_path=errors`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/x-ndjson', 'content-length': body.length },
    });
    outgoing.once('error', reject).once('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => void (text += chunk.toString()));
      answer.on('end', () =>
        text === '{"errors":false}' ? resolve() : reject(new Error(text.slice(0, 500))),
      );
    });
    outgoing.end(body);
  });
}

async function load(): Promise<void> {
  for (let body = takeBody(); body !== undefined; body = takeBody()) await send(body);
}

await Promise.all(Array.from({ length: Number(concurrency) }, load));
process.exit(0);
