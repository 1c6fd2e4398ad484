import type { Action, Answer, Forward, ProxyRequest } from './proxy.ts';

/** The action and the document of each item of a bulk body. */
export function itemsOf({ body }: ProxyRequest): [string, string][] {
  const lines = body.toString().trimEnd().split('\n');
  return Array.from({ length: lines.length / 2 }, (_, at) => [lines[at * 2] ?? '', lines[at * 2 + 1] ?? '']);
}

export interface Forged {
  readonly action: Action;
  /** Items that were answered on purpose. */
  count: number;
}

/**
 * Answers some items with a status, and forwards the others alone, so that Elasticsearch never sees the first.
 *
 * @param chosen whether an item is answered so; a number is the share of all
 */
export function forgeItems(
  status: number,
  type: string,
  chosen: number | ((document: string) => boolean),
): Forged {
  const isChosen = typeof chosen === 'number' ? () => Math.random() < chosen : chosen;
  const verdict = { index: { status, error: { type, reason: 'on purpose' } } };
  const forged: Forged = {
    count: 0,
    action: {
      answer: async (request: ProxyRequest, forward: Forward): Promise<Answer> => {
        const items = itemsOf(request).map((item) => ({ item, isForged: isChosen(item[1]) }));
        const kept = items.filter(({ isForged }) => !isForged);
        forged.count += items.length - kept.length;
        const body = kept.map(({ item }) => `${item.join('\n')}\n`).join('');
        const answer = kept.length === 0 ? undefined : await forward(body);
        if (answer !== undefined && answer.status >= 300) return answer;
        const real =
          answer === undefined ? [] : (JSON.parse(answer.body.toString()) as { items: object[] }).items;
        return {
          status: 200,
          body: { errors: true, items: items.map(({ isForged }) => (isForged ? verdict : real.shift())) },
        };
      },
    },
  };
  return forged;
}
