import { once } from 'node:events';
import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const value = z.union([
  z.object({ stringValue: z.string() }).transform((one): unknown => one.stringValue),
  z.object({ intValue: z.union([z.number(), z.string()]) }).transform((one): unknown => Number(one.intValue)),
  z.object({ boolValue: z.boolean() }).transform((one): unknown => one.boolValue),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((list) => Object.fromEntries(list.map((one) => [one.key, one.value])));
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes,
  status: z.object({ code: z.number().default(0), message: z.string().optional() }),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), flags: z.number().optional() })),
});
const traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
});

export type ReceivedSpan = z.output<typeof span>;

/** A receiver of OTLP over HTTP in JSON, on a port of its own. */
export class Collector implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly requests: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  resource: Record<string, unknown> = {};
  /** HTTP status of the next answers; null: it does not answer. */
  status: number | null = 200;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(...[request, response]: Parameters<Parameters<typeof createServer>[1] & {}>): Promise<void> {
    this.requests.push({ url: request.url, headers: request.headers });
    const body = await text(request);
    if (this.status === null) return;
    response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
    if (this.status !== 200) return;
    for (const { resource, scopeSpans } of traces.parse(JSON.parse(body)).resourceSpans) {
      this.resource = resource.attributes;
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }
}
