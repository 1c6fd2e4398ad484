import { expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseUserAgent from '../../transforms/parse-user-agent.ts';

const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0';
const program = (family: string, version: string): Event => ({ browser: { family, version } });

it.each<[string, Event]>([
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`,
    {
      browser: { family: 'Chrome', version: '131.0.0.0' },
      os: { family: 'Windows 10', version: 'NT 10.0' },
      device: { category: 'pc' },
    },
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${CHROME} Mobile Safari/537.36`,
    {
      browser: { family: 'Chrome', version: '131.0.0.0' },
      os: { family: 'Android', version: '14' },
      device: { category: 'smartphone' },
    },
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    {
      browser: { family: 'Safari', version: '17.5' },
      os: { family: 'iOS', version: '17.5' },
      device: { category: 'tablet', brand: 'Apple', model: 'iPad' },
    },
  ],
  [
    'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
    { browser: { family: 'Firefox', version: '132.0' }, os: { family: 'Linux' }, device: { category: 'pc' } },
  ],
  [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    { browser: { family: 'Googlebot', version: '2.1' }, device: { category: 'crawler', brand: 'Google' } },
  ],
  ['curl/8.5.0', program('curl', '8.5.0')],
  ['Go-http-client/1.1', program('Go-http-client', '1.1')],
  ['kube-probe/1.30', program('kube-probe', '1.30')],
  ['python-requests/2.32.3 CPython/3.12', program('python-requests', '2.32.3')],
  ['w3m/0.3', program('w3m', '0.3')],
])('%s', async (agent, expected) => {
  const run = await testTransform(parseUserAgent);
  expect(await run({ agent })).toEqual([{ agent, user_agent: expected }]);
});

it.each(['', ' ', '-', 'rubbish'])('%j is unknown, and is left unchanged', async (agent) => {
  const run = await testTransform(parseUserAgent, { remove: true });
  expect(await run({ agent })).toEqual([{ agent }]);
});

it('a change of the result in one event does not affect the next one', async () => {
  const run = await testTransform(parseUserAgent, { target: 'ua' });
  const [first = {}] = await run({ agent: 'curl/8.5.0' });
  ((first['ua'] as Event)['browser'] as Event)['family'] = 'changed';
  expect(await run({ agent: 'curl/8.5.0' })).toEqual([{ agent: 'curl/8.5.0', ua: program('curl', '8.5.0') }]);
});

it.each(['a', '(', 'Android ', 'Mozilla/5.0 (', 'Version/1.1 ', '_', '.', ' ', 'Opera ', 'bot'])(
  'a megabyte of %j costs no more than its first thousand characters',
  async (unit) => {
    const run = await testTransform(parseUserAgent);
    const started = process.cpuUsage().user;
    for (let at = 0; at < 5; at++) await run({ agent: `${at}${unit.repeat(1_000_000 / unit.length)}` });
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
  },
);
