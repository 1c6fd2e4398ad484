import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseAccessLog from '../../transforms/parse-access-log.ts';

async function parse(message: string, options: object = {}): Promise<unknown> {
  const run = await testTransform(parseAccessLog, { target: 'x', ...options });
  const [event] = await run({ message });
  return event?.['x'];
}

const STAMP = '[29/Nov/2026:07:15:02 +0000]';
const TIME = '2026-11-29T07:15:02.000Z';
const line = (request: string, rest = '200 9'): string => `198.51.100.4 - - ${STAMP} "${request}" ${rest}`;
const base = { client: '198.51.100.4', time: TIME, status: 200, bytes: 9 };
const GET = { method: 'GET', path: '/', protocol: 'HTTP/1.1' };

describe('a request', () => {
  it.each<[string, string, Event]>([
    ['as it should be', 'GET / HTTP/1.1', GET],
    ['with spaces in its path', 'GET /my file v2.pdf HTTP/1.1', { ...GET, path: '/my file v2.pdf' }],
    [
      'with the name of a protocol in its path',
      'GET /a HTTP/1.0 b HTTP/1.1',
      { ...GET, path: '/a HTTP/1.0 b' },
    ],
    ['with two spaces', 'GET  /a  HTTP/1.1', { ...GET, path: '/a' }],
    ['of HTTP/2', 'POST /a?b=c%20d HTTP/2', { method: 'POST', path: '/a?b=c%20d', protocol: 'HTTP/2' }],
    [
      'of another protocol',
      'DESCRIBE rtsp://x/ RTSP/1.0',
      { method: 'DESCRIBE', path: 'rtsp://x/', protocol: 'RTSP/1.0' },
    ],
    ['with a method of its own', 'M-SEARCH * HTTP/1.1', { ...GET, method: 'M-SEARCH', path: '*' }],
    ['of a version that there is not', 'GET / HTTP/3.14', { ...GET, protocol: 'HTTP/3.14' }],
    ['of HTTP/0.9', 'GET /', { method: 'GET', path: '/' }],
    ['of a proxy', 'CONNECT db.example:5432', { method: 'CONNECT', path: 'db.example:5432' }],
    ['with escaped quotes', String.raw`GET /\"x\" HTTP/1.1`, { ...GET, path: String.raw`/\"x\"` }],
    ['with quotes that are not escaped', 'GET /"x" HTTP/1.1', { ...GET, path: '/"x"' }],
    ['with a status in it', String.raw`GET /\" 404 7 HTTP/1.1`, { ...GET, path: String.raw`/\" 404 7` }],
    ['that is TLS', String.raw`\x16\x03\x01\x02\x00\x01`, { request: String.raw`\x16\x03\x01\x02\x00\x01` }],
    [
      'of another binary protocol, with words',
      String.raw`\x03\x00\x00/*\xE0 Cookie: mstshash=Administr`,
      { request: String.raw`\x03\x00\x00/*\xE0 Cookie: mstshash=Administr` },
    ],
    ['that is no request line', 'SSH-2.0-Go', { request: 'SSH-2.0-Go' }],
    ['of small words', 'hello big world', { request: 'hello big world' }],
    ['without a path', 'GET HTTP/1.1', { request: 'GET HTTP/1.1' }],
    ['that is empty', '', {}],
    ['that timed out', '-', {}],
  ])('%s', async (_what, request, expected) => {
    expect(await parse(line(request))).toEqual({ ...base, ...expected });
  });
});

describe('the text after the request', () => {
  it.each<[string, string, Event]>([
    ['status and size alone', '200 9', {}],
    ['no size', '304 -', { status: 304, bytes: undefined }],
    ['no status', '- -', { status: undefined, bytes: undefined }],
    ['a referrer alone', '200 9 "https://a.example/"', { referrer: 'https://a.example/' }],
    [
      'a referrer and an agent',
      '200 9 "https://a.example/" "x/1 (y)"',
      { referrer: 'https://a.example/', agent: 'x/1 (y)' },
    ],
    ['none of them', '200 9 "-" "-"', {}],
    ['none of them, without quotes', '200 9 - -', {}],
    ['empty ones', '200 9 "" ""', {}],
    ['an agent with escaped quotes', String.raw`200 9 "-" "a \"b\" c"`, { agent: String.raw`a \"b\" c` }],
    ['an agent with quotes that are not escaped', '200 9 "-" "a "b" c"', { agent: 'a "b" c' }],
    ['a forwarded address', '200 9 "-" "x" "203.0.113.7"', { agent: 'x', forwarded_for: '203.0.113.7' }],
    [
      'several',
      '200 9 "-" "x" "203.0.113.7, 10.0.0.9"',
      { agent: 'x', forwarded_for: '203.0.113.7, 10.0.0.9' },
    ],
    ['none', '200 9 "-" "x" "-"', { agent: 'x' }],
    ['a ratio of compression', '200 9 "-" "x" "2.75"', { agent: 'x', compression: '2.75' }],
    ['fields of a format of its own', '200 9 "-" "x" 0.003 10.0.0.9:80', { agent: 'x' }],
    ['the end of a line of Windows', '200 9\r', {}],
  ])('%s', async (_what, rest, expected) => {
    expect(await parse(line('GET / HTTP/1.1', rest))).toEqual({ ...base, ...GET, ...expected });
  });
});

describe('the values of ingress-nginx after the agent', () => {
  const upstream = {
    request_length: 462,
    request_time: 0.05,
    proxy_upstream_name: 'shop-web-80',
    upstream_addr: '10.0.50.80:9000',
    upstream_response_length: 19437,
    upstream_response_time: 0.049,
    upstream_status: 200,
    req_id: '752178adb17130b2',
  };
  it.each<[string, string, Event]>([
    ['one server', '462 0.050 [shop-web-80] [] 10.0.50.80:9000 19437 0.049 200 752178adb17130b2', {}],
    [
      'an alternative',
      '462 0.050 [shop-web-80] [b-80] 10.0.50.80:9000 19437 0.049 200 752178adb17130b2',
      { proxy_alternative_upstream_name: 'b-80' },
    ],
    [
      'several servers',
      '462 0.050 [shop-web-80] [] 10.0.50.80:9000, [2001:db8::7]:80 : unix:/run/a.sock 0, 0 : 19437 0.001, - : 0.049 502, 504 : 200 752178adb17130b2',
      {
        upstream_addr: ['10.0.50.80:9000', '[2001:db8::7]:80', 'unix:/run/a.sock'],
        upstream_response_length: [0, 0, 19437],
        upstream_response_time: [0.001, 0.049],
        upstream_status: [502, 504, 200],
      },
    ],
    [
      'none',
      '462 0.050 [] [] - - - - 752178adb17130b2',
      {
        proxy_upstream_name: undefined,
        upstream_addr: undefined,
        upstream_response_length: undefined,
        upstream_response_time: undefined,
        upstream_status: undefined,
      },
    ],
  ])('%s', async (_what, rest, expected) => {
    const text = line('GET / HTTP/1.1', `200 9 "https://a.example/" "x/1 (y)" ${rest}`);
    expect(await parse(text)).toEqual({
      ...base,
      ...GET,
      referrer: 'https://a.example/',
      agent: 'x/1 (y)',
      ...upstream,
      ...expected,
    });
  });

  it.each(['462', '462 0.050 [a] []', 'x 0.050 [a] [] - - - - b', '462 0.050 [a] [] - - - - b c'])(
    '%s is something else, and passed over',
    async (rest) => {
      const parsed = await parse(line('GET / HTTP/1.1', `200 9 "-" "x" ${rest}`));
      expect(parsed).toEqual({ ...base, ...GET, agent: 'x' });
    },
  );
});

describe("nginx's details after an error", () => {
  const error = { time: TIME, severity: 'error', pid: 31, tid: 32, connection: 7 };
  const open = 'open() "/srv/x" failed (2: No such file or directory)';
  it.each<[string, Event]>([
    [
      `${open}, client: 198.51.100.4, server: shop.example, request: "GET /x HTTP/1.1", host: "shop.example:80"`,
      {
        error: open,
        client: '198.51.100.4',
        server: 'shop.example',
        request: 'GET /x HTTP/1.1',
        host: 'shop.example:80',
      },
    ],
    [
      'connect() failed, really, client: 2001:db8::7, server: , request: "GET /"x" HTTP/2.0", subrequest: "/auth", upstream: "fastcgi://unix:/run/a.sock:", host: "", referrer: "https://a.example/, host"',
      {
        error: 'connect() failed, really',
        client: '2001:db8::7',
        request: 'GET /"x" HTTP/2.0',
        subrequest: '/auth',
        upstream: 'fastcgi://unix:/run/a.sock:',
        referrer: 'https://a.example/, host',
      },
    ],
    [
      'limiting requests, excess: 50.416 by zone "api", client: 198.51.100.4, server: a, request: "GET / HTTP/1.1", host: "a"',
      {
        error: 'limiting requests',
        excess: 50.416,
        zone: 'api',
        client: '198.51.100.4',
        server: 'a',
        request: 'GET / HTTP/1.1',
        host: 'a',
      },
    ],
    [
      'delaying request, excess: 0.5, by zone "api", client: 198.51.100.4',
      { error: 'delaying request', excess: 0.5, zone: 'api', client: '198.51.100.4' },
    ],
    [
      'SSL_do_handshake() failed, client: 198.51.100.4, server: 0.0.0.0:443\r',
      { error: 'SSL_do_handshake() failed', client: '198.51.100.4', server: '0.0.0.0:443' },
    ],
    ['x, client: a, request: "GET', { error: 'x, client: a, request: "GET' }],
    ['x, client: a, port: 7', { error: 'x, client: a, port: 7' }],
    ['signal process started', { error: 'signal process started' }],
  ])('%s', async (text, expected) => {
    expect(await parse(`2026/11/29 07:15:02 [error] 31#32: *7 ${text}`)).toEqual({ ...error, ...expected });
  });
});

describe('the client', () => {
  it.each<[string, Event]>([
    ['198.51.100.4 - ada', { user: 'ada' }],
    ['198.51.100.4 - Ada Lovelace', { user: 'Ada Lovelace' }],
    ['198.51.100.4 id ada', { identity: 'id', user: 'ada' }],
    ['2001:db8::7 - -', { client: '2001:db8::7' }],
    ['198.51.100.4 -  - ', {}],
    ['198.51.100.4  -  ada ', { user: 'ada' }],
    ['shop.example:443  198.51.100.4 - -', { virtual_host: 'shop.example:443' }],
    ['web-7.example - -', { client: 'web-7.example' }],
    ['shop.example:443 198.51.100.4 - -', { virtual_host: 'shop.example:443' }],
    ['shop.example 198.51.100.4 - -', { virtual_host: 'shop.example' }],
    ['shop 2001:db8::7 - ada', { virtual_host: 'shop', client: '2001:db8::7', user: 'ada' }],
    [
      'shop.example 203.0.113.7, 10.0.0.9 - -',
      { virtual_host: 'shop.example', client: '203.0.113.7', forwarded_for: '203.0.113.7, 10.0.0.9' },
    ],
    ['198.51.100.4 192.0.2.9 - -', { forwarded_for: '198.51.100.4 192.0.2.9' }],
    [
      '203.0.113.7, 10.0.0.9 192.0.2.9 - ada',
      { client: '203.0.113.7', user: 'ada', forwarded_for: '203.0.113.7, 10.0.0.9 192.0.2.9' },
    ],
    ['- 192.0.2.9 - ada', { client: '192.0.2.9', user: 'ada' }],
    ['- - ada', { client: undefined, user: 'ada' }],
    ['web-7.example shop Ada Lovelace', { client: 'web-7.example', identity: 'shop', user: 'Ada Lovelace' }],
    [
      'shop.example:80 198.51.100.4 - Ada Lovelace',
      { virtual_host: 'shop.example:80', user: 'Ada Lovelace' },
    ],
    ['shop.example 198.51.100.4 - -', { virtual_host: 'shop.example' }],
    ['shop 2001:db8::7 - Ada L', { virtual_host: 'shop', client: '2001:db8::7', user: 'Ada L' }],
    [
      'shop.example 203.0.113.7, 10.0.0.9 - -',
      { virtual_host: 'shop.example', client: '203.0.113.7', forwarded_for: '203.0.113.7, 10.0.0.9' },
    ],
    ['web-7.example 198.51.100.4 ada', { client: 'web-7.example', identity: '198.51.100.4', user: 'ada' }],
    ['198.51.100.4 - 10.0.0.9 Ada', { user: '10.0.0.9 Ada' }],
    ['198.51.100.4:40112 - Ada Lovelace', { client: '198.51.100.4:40112', user: 'Ada Lovelace' }],
    ['203.0.113.7, 10.0.0.9 - -', { client: '203.0.113.7', forwarded_for: '203.0.113.7, 10.0.0.9' }],
    [
      '203.0.113.7, 10.0.0.9, 10.0.0.8 - ada',
      { client: '203.0.113.7', user: 'ada', forwarded_for: '203.0.113.7, 10.0.0.9, 10.0.0.8' },
    ],
  ])('%s', async (who, expected) => {
    expect(await parse(`${who} ${STAMP} "GET / HTTP/1.1" 200 9`)).toEqual({ ...base, ...GET, ...expected });
  });
});

describe('its time', () => {
  it.each([
    ['29/Nov/2026:07:15:02 +0100', 'utc', '2026-11-29T06:15:02.000Z'],
    ['29/nov/2026:07:15:02 -03:30', 'utc', '2026-11-29T10:45:02.000Z'],
    ['29/Nov/2026:07:15:02.123456 +0000', 'utc', '2026-11-29T07:15:02.123456Z'],
    ['29/Nov/2026:07:15:02', 'Europe/Berlin', '2026-11-29T06:15:02.000Z'],
    ['29/Nov/2026:07:15:02 +0000', 'Europe/Berlin', TIME],
    ['30/Jun/2015:23:59:60 +0000', 'utc', '2015-07-01T00:00:00.000Z'],
    ['31/Nov/2026:07:15:02 +0000', 'utc', undefined],
    ['29/Feb/2026:07:15:02 +0000', 'utc', undefined],
    ['29/Nov/2026:25:15:02 +0000', 'utc', undefined],
    ['29/Nov/2026:07:15:61 +0000', 'utc', undefined],
    ['29/Nov/2026:07:15:02 GMT', 'Europe/Berlin', TIME],
    ['29/Nov/2026:07:15:02 UTC', 'Europe/Berlin', TIME],
    ['29/nov./2026:07:15:02 +0000', 'utc', undefined],
    ['29/März/2026:07:15:02 +0000', 'utc', undefined],
    ['29/Xyz/2026:07:15:02 +0000', 'utc', undefined],
    ['00/Nov/2026:07:15:02 +0000', 'utc', undefined],
    ['29/Nov/2026:07:15:02 +9900', 'utc', undefined],
  ])('%s, in %s, is %s, and the rest of the line is parsed', async (stamp, zone, time) => {
    const parsed = await parse(`198.51.100.4 - - [${stamp}] "GET / HTTP/1.1" 200 9`, { zone });
    expect(parsed).toEqual({ ...base, ...GET, time });
  });
});

describe('error logs', () => {
  const nginx = { severity: 'error', pid: 31, tid: 32 };
  const apache = { severity: 'error', error: 'File does not exist: /x' };
  const at = '2026-11-29T07:15:02.123456Z';
  it.each<[string, string, Event, string?]>([
    [
      'of nginx',
      '2026/11/29 07:15:02 [error] 31#32: *7 open() failed',
      { ...nginx, time: TIME, connection: 7, error: 'open() failed' },
    ],
    [
      'of nginx, in its zone',
      '2026/11/29 08:15:02 [error] 31#32: x',
      { ...nginx, time: TIME, error: 'x' },
      'Europe/Berlin',
    ],
    [
      'of nginx, in a zone without summer',
      '2026/11/29 01:45:02 [error] 31#32: x',
      { ...nginx, time: TIME, error: 'x' },
      '-05:30',
    ],
    [
      'of nginx, on a day that does not exist',
      '2026/11/31 07:15:02 [error] 31#32: x',
      { ...nginx, error: 'x' },
    ],
    [
      'of Apache 2.2',
      '[Sun Nov 29 07:15:02 2026] [error] [client 198.51.100.4] File does not exist: /x',
      { ...apache, time: TIME, client: '198.51.100.4' },
    ],
    [
      'of Apache 2.2, with IPv6',
      '[Sun Nov 29 07:15:02 2026] [error] [client 2001:db8::7] File does not exist: /x',
      { ...apache, time: TIME, client: '2001:db8::7' },
    ],
    [
      'of Apache 2.4',
      '[Sun Nov 29 07:15:02.123456 2026] [core:error] [pid 31:tid 32] [client 198.51.100.4:40112] File does not exist: /x',
      { ...apache, time: at, module: 'core', pid: 31, tid: 32, client: '198.51.100.4', port: 40112 },
    ],
    [
      'of Apache 2.4, with IPv6',
      '[Sun Nov 29 07:15:02.123456 2026] [core:error] [pid 31] [client 2001:db8::7:40112] File does not exist: /x',
      { ...apache, time: at, module: 'core', pid: 31, client: '2001:db8::7', port: 40112 },
    ],
    [
      'with a system error',
      '[Sun Nov 29 07:15:02 2026] [core:error] [pid 31] (13)Permission denied: [client 198.51.100.4:1] AH00035: access denied',
      {
        severity: 'error',
        error: '(13)Permission denied: AH00035: access denied',
        time: TIME,
        module: 'core',
        pid: 31,
        client: '198.51.100.4',
        port: 1,
      },
    ],
    [
      'with a referrer',
      '[Sun Nov 29 07:15:02 2026] [error] [client 198.51.100.4] File does not exist: /x, referer: https://a.example/, b',
      { ...apache, time: TIME, client: '198.51.100.4', referrer: 'https://a.example/, b' },
    ],
    [
      'without a client',
      '[Sun Nov 29 07:15:02 2026] [mpm_event:notice] [pid 1:tid 2] AH00489: resuming',
      { time: TIME, module: 'mpm_event', severity: 'notice', pid: 1, tid: 2, error: 'AH00489: resuming' },
    ],
    [
      'at a level without a module',
      '[Sun Nov 29 07:15:02 2026] [-:trace8] [pid 1] x',
      { time: TIME, severity: 'trace8', pid: 1, error: 'x' },
    ],
    [
      "in Apache's own zone",
      '[Sun Nov 29 08:15:02.123456 2026] [core:error] [pid 31] File does not exist: /x',
      { ...apache, time: at, module: 'core', pid: 31 },
      'Europe/Berlin',
    ],
    [
      'in the time of an access log',
      '[29/Nov/2026:08:15:02 +0100] [error] File does not exist: /x',
      { ...apache, time: TIME },
      'Asia/Tokyo',
    ],
    ['in ISO 8601', '[2026-11-29 07:15:02.123456] [error] File does not exist: /x', { ...apache, time: at }],
    [
      'of Apache 2.4 in syslog, which has the time',
      '[core:error] [pid 31] [client 198.51.100.4:40112] File does not exist: /x',
      { ...apache, module: 'core', pid: 31, client: '198.51.100.4', port: 40112 },
    ],
    [
      'of a module without a name, in syslog',
      '[:error] [pid 31:tid 32] File does not exist: /x',
      { ...apache, pid: 31, tid: 32 },
    ],
    [
      'on a day that does not exist',
      '[Mon Nov 31 07:15:02 2026] [error] File does not exist: /x',
      { ...apache },
    ],
  ])('%s', async (_what, text, expected, zone = 'utc') => {
    expect(await parse(text, { zone })).toEqual(expected);
  });
});

it.each([
  '',
  '- - - - - - -',
  `198.51.100.4 ${STAMP} "GET / HTTP/1.1" 200 9`,
  `198.51.100.4 - - ${STAMP} "GET / HTTP/1.1" 2000 9`,
  `198.51.100.4 - - ${STAMP} "GET / HTTP/1.1`,
  '198.51.100.4 - - [now] "GET / HTTP/1.1" 200 9',
  '[Sun Nov 29 07:15:02 2026] [fatal] x',
  '[INFO ] [core:error] x',
  '[error] [pid 31] x',
  '[core:error] x',
  '[error] File does not exist: /x',
  '2026/11/29 07:15:02 [error] x',
])('%s is left unchanged', async (text) => {
  expect(await parse(text)).toBeUndefined();
});

it.each([
  ['stamps', (n: number) => `${STAMP} `.repeat(n / 29)],
  ['names', (n: number) => `${'a '.repeat(n / 2)}${STAMP} "GET / HTTP/1.1" 200 9`],
  ['addresses', (n: number) => `${'1.1.1.1, '.repeat(n / 9)}- - ${STAMP} "GET / HTTP/1.1" 200 9`],
  ['a path', (n: number) => line(`GET ${'/ '.repeat(n / 2)}`)],
  ['a path of protocols', (n: number) => line(`GET ${'HTTP/1. '.repeat(n / 8)}`)],
  ['a path of colons', (n: number) => line(`GET ${'a:'.repeat(n / 2)} x`)],
  ['a request that does not end', (n: number) => line(String.raw`\"`.repeat(n / 2), 'x')],
  ['ends of requests', (n: number) => line('" 200 1'.repeat(n / 7), 'x')],
  ['servers', (n: number) => line('x', `200 9 "-" "-" 1 1 [] [] ${'a, b '.repeat(n / 5)}`)],
  ['groups of servers', (n: number) => line('x', `200 9 "-" "-" 1 1 [] [] ${'a : b '.repeat(n / 6)}`)],
  ['clients of nginx', (n: number) => `2026/11/29 07:15:02 [error] 1#1: ${', client: '.repeat(n / 10)}`],
  [
    'details of nginx',
    (n: number) =>
      `2026/11/29 07:15:02 [error] 1#1: , client: a, request: "${'", host: "", upstream: "'.repeat(n / 23)}`,
  ],
  ['limits of nginx', (n: number) => `2026/11/29 07:15:02 [error] 1#1: ${', excess: 1.'.repeat(n / 12)}`],
  ['quotes', (n: number) => line('x', `200 9 ${'"'.repeat(n)}x`)],
  ['an agent that does not end', (n: number) => line('x', `200 9 "-" "${'a" '.repeat(n / 3)}`)],
  ['clients', (n: number) => `[Sun Nov 29 07:15:02 2026] [error] ${'[client '.repeat(n / 8)}`],
  ['an error of the system', (n: number) => `[Sun Nov 29 07:15:02 2026] [error] (1)${'a'.repeat(n)}`],
  ['referrers', (n: number) => `[Sun Nov 29 07:15:02 2026] [error] ${', referer: '.repeat(n / 11)}`],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseAccessLog);
  const started = process.cpuUsage().user;
  await run({ message: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});
