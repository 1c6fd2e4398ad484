import type { Fields } from './program.ts';

const TEXTS = [
  'INFO started in 12 ms',
  '{"level":"WARN","app":"shop","debug":true,"n":1.5}',
  '{"env":null,"app":{"name":"x"},"level":7}',
  '[1,2]',
  'level=info msg="two words" empty= user=ann',
  'a=1 b=2 a=3 flag',
  '10.1.2.3 - ann [12/Mar/2026:08:15:30 +0100] "GET /api/v1/items?id=3 HTTP/1.1" 200 512',
  '10.1.2.3 - - [12/Mar/2026:08:15:30 +0000] "POST / HTTP/1.1" 503 -',
  '<34>1 2026-03-12T08:15:30.123Z web1 nginx 4321 ID47 [x@1 k="v"] it works',
  'java.lang.Exception: boom password=secret',
  '  spaces around  ',
  'Grüße 日本 and more Text',
  '',
];
const TIMES = [
  '2026-03-12T08:15:30.123456789+01:00',
  '2026-03-12T08:15:30Z',
  '12/Mar/2026:08:15:30 +0100',
  '1773302400',
  'soon',
  '',
];
const NUMBERS = [0, 1, -7, 2.5, 1e6, '12', '12.7', 'x', '', true, false, null, -0.5, 3];
const LEVELS = ['error', 'warn', 'INFO', '-', null, 3, 'fatal'];
const URLS = ['http://example.com/a/b?x=1&y=2#z', 'https://user:pw@example.com:8443/', 'no url', 5];
const OBJECTS = [
  {},
  { a: { x: 0, y: [1] }, b: '' },
  { c: null, d: [], e: { f: {} } },
  { 'k.l': 1, m: 'text' },
  [1, 2],
  'no object',
];
const LISTS = [[], ['a', 'b', 'a'], ['x', 1, null], [[1], { y: 2 }], 'no list'];

/** Random numbers from 0 to below the argument, the same ones for the same seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A stream of events with values that suit and values that do not; the same one for the same seed. */
export function* eventStream(count: number, seed: number): Generator<Fields> {
  const next = randomNumbers(seed);
  const one = <T>(values: readonly T[]): T => values[next(values.length)] as T;
  const makers: Readonly<Record<string, () => unknown>> = {
    message: () => one(TEXTS),
    time: () => one(TIMES),
    a: () => one(NUMBERS),
    b: () => one(NUMBERS),
    level: () => one(LEVELS),
    url: () => one(URLS),
    obj: () => one(OBJECTS),
    list: () => one(LISTS),
    tags: () => one(LISTS),
    extra: () => one<unknown>(['e', 1, null]),
    value: () => one<unknown>([1, 'v', { deep: [1] }, null]),
    old: () => one<unknown>(['o', 2]),
    user_id: () => next(1000),
    topic: () => 'app-logs',
    offset: () => next(1e6),
    host: () => one<unknown>(['WEB1', 7]),
    ip: () => one(['10.1.2.3', '8.8.8.8', '::1', 'x']),
    query_string: () => one(['a=1&b=2', '?x', '', 'a=1&a=2&c=%20d']),
    count: () => one(NUMBERS),
    drop: () => one([true, false, 'yes']),
    kubernetes: () => ({
      pod_name: 'p',
      pod_labels: one<unknown>([{ 'app.kubernetes.io/name': 'x', team: 't' }, 'none', {}]),
    }),
  };
  for (let n = 0; n < count; n++) {
    const event: Fields = {};
    for (const [name, make] of Object.entries(makers)) if (next(4) > 0) event[name] = make();
    yield structuredClone(event);
  }
}
