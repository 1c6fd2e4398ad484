import { gunzipSync } from 'node:zlib';

export interface BulkItem {
  readonly id: string | undefined;
  readonly index: string | undefined;
  /** Of the item, or of the whole answer where that was no 2xx. Undefined until Elasticsearch has answered. */
  status: number | undefined;
  /** When Elasticsearch's answer was there, in ms since the epoch: before it was passed on. */
  answeredAt: number | undefined;
  /** Whether the answer left for the client, as Elasticsearch gave it. */
  delivered: boolean;
  /** When an answer left for the client that acknowledges the item, in ms since the epoch: before it was sent. */
  acknowledgedAt: number | undefined;
}

export interface Acknowledgement {
  /** Wall time in ms. Of the first acknowledgement, where an item was sent more than once. */
  readonly time: number;
  readonly status: number;
}

/** What went through the proxy, item by item, as Elasticsearch answered it. */
export class BulkJournal {
  /** Every item of every bulk request, in the order of sending. */
  readonly items: BulkItem[] = [];
  /** Items that Elasticsearch answered with 200, 201 or 409, by `_id`. */
  readonly acknowledged = new Map<string, Acknowledgement>();

  sent(body: Buffer, contentEncoding: string | string[] | undefined): BulkItem[] {
    const items = readActions(contentEncoding === 'gzip' ? gunzipSync(body) : body);
    for (const item of items) this.items.push(item);
    return items;
  }

  answered(items: readonly BulkItem[], status: number, body: Buffer): void {
    const time = Date.now();
    const statuses = status >= 200 && status < 300 ? itemStatuses(body) : [];
    items.forEach((item, position) => {
      const found = statuses[position] ?? status;
      item.status = found;
      item.answeredAt = time;
      if (item.id === undefined || this.acknowledged.has(item.id)) return;
      if (isStored(found)) this.acknowledged.set(item.id, { time, status: found });
    });
  }

  /**
   * An answer is about to leave for the client. Only what it says of the items by position acknowledges them: a whole 2xx with
   * as many items as were sent (invariant I3).
   */
  leaving(items: readonly BulkItem[], status: number, body: Buffer): void {
    if (status < 200 || status >= 300) return;
    let statuses: (number | undefined)[];
    try {
      statuses = itemStatuses(body);
    } catch {
      return;
    }
    if (statuses.length !== items.length) return;
    items.forEach((item, position) => {
      if (isStored(statuses[position])) item.acknowledgedAt = Date.now();
    });
  }

  /** When the client was first told that a document is stored, by `_id`; in ms since the epoch. */
  firstAcknowledgements(): Map<string, number> {
    const first = new Map<string, number>();
    for (const { id, acknowledgedAt } of this.items) {
      if (id === undefined || acknowledgedAt === undefined) continue;
      first.set(id, Math.min(acknowledgedAt, first.get(id) ?? Infinity));
    }
    return first;
  }
}

function isStored(status: number | undefined): status is number {
  return status === 200 || status === 201 || status === 409;
}

/** The action lines of a bulk body; every line but that of a delete is followed by one with the document. */
function readActions(body: Buffer): BulkItem[] {
  const items: BulkItem[] = [];
  let start = 0;
  const line = () => {
    const end = body.indexOf(0x0a, start);
    const text = body.subarray(start, end < 0 ? body.length : end);
    start = end < 0 ? body.length : end + 1;
    return text;
  };
  while (start < body.length) {
    const text = line().toString();
    if (text.trim() === '') continue;
    const [entry] = Object.entries(JSON.parse(text) as Record<string, { _id?: string; _index?: string }>);
    if (entry === undefined) continue;
    const [operation, { _id: id, _index: index }] = entry;
    if (operation !== 'delete') line();
    items.push({
      id,
      index,
      status: undefined,
      answeredAt: undefined,
      delivered: false,
      acknowledgedAt: undefined,
    });
  }
  return items;
}

/** By position, since `filter_path` may have left the ids out. */
function itemStatuses(body: Buffer): (number | undefined)[] {
  const { items = [] } = JSON.parse(body.toString()) as { items?: Record<string, { status?: number }>[] };
  return items.map((item) => Object.values(item)[0]?.status);
}
