import { type Event, defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { zoneOption } from './lib/time/zone.ts';
import { parseField } from './lib/parse-field.ts';
import { parseAccess } from './lib/access-log.ts';
import { parseApacheError, parseNginxError } from './lib/error-log.ts';

export default defineTransform({
  lazy: true,
  description:
    "Parses a line of an access log in Apache's common or combined format, which nginx writes too, or a line of nginx's or Apache's error log; the latter may lack the time, as in syslog. An invalid request line is kept as `request`. A date that does not exist, or a month in another language, gives no `time`. Any other text is left unchanged.",
  options: z.strictObject({
    ...parserOptions,
    zone: zoneOption,
  }),
  examples: [
    {
      title: 'The combined format',
      with: { target: 'http' },
      input: [
        {
          message:
            '203.0.113.7 - ada [22/Nov/2026:08:26:41 +0100] "GET /api/v1/orders/1001 HTTP/1.1" 200 5316 "-" "curl/8.5.0"',
        },
      ],
      output: [
        {
          message:
            '203.0.113.7 - ada [22/Nov/2026:08:26:41 +0100] "GET /api/v1/orders/1001 HTTP/1.1" 200 5316 "-" "curl/8.5.0"',
          http: {
            client: '203.0.113.7',
            user: 'ada',
            time: '2026-11-22T07:26:41.000Z',
            method: 'GET',
            path: '/api/v1/orders/1001',
            protocol: 'HTTP/1.1',
            status: 200,
            bytes: 5316,
            agent: 'curl/8.5.0',
          },
        },
      ],
    },
    {
      title:
        "With a leading virtual host, and with the addresses of proxies at the end, as in nginx's `main`",
      with: { target: 'http' },
      input: [
        {
          message:
            'shop.example:443 203.0.113.7 - - [22/Nov/2026:08:26:41 +0100] "GET /a b.pdf HTTP/1.1" 404 153 "-" "curl/8.5.0" "198.51.100.4, 10.0.0.9"',
        },
      ],
      output: [
        {
          message:
            'shop.example:443 203.0.113.7 - - [22/Nov/2026:08:26:41 +0100] "GET /a b.pdf HTTP/1.1" 404 153 "-" "curl/8.5.0" "198.51.100.4, 10.0.0.9"',
          http: {
            virtual_host: 'shop.example:443',
            client: '203.0.113.7',
            time: '2026-11-22T07:26:41.000Z',
            method: 'GET',
            path: '/a b.pdf',
            protocol: 'HTTP/1.1',
            status: 404,
            bytes: 153,
            agent: 'curl/8.5.0',
            forwarded_for: '198.51.100.4, 10.0.0.9',
          },
        },
      ],
    },
    {
      title: "Apache's error log, in local time",
      with: { target: 'apache', zone: 'Europe/Berlin' },
      input: [
        {
          message:
            '[Sun Nov 22 08:26:41.123456 2026] [core:error] [pid 31:tid 32] [client 203.0.113.7:40112] AH00037: Symbolic link not allowed',
        },
      ],
      output: [
        {
          message:
            '[Sun Nov 22 08:26:41.123456 2026] [core:error] [pid 31:tid 32] [client 203.0.113.7:40112] AH00037: Symbolic link not allowed',
          apache: {
            time: '2026-11-22T07:26:41.123456Z',
            module: 'core',
            severity: 'error',
            pid: 31,
            tid: 32,
            client: '203.0.113.7',
            port: 40112,
            error: 'AH00037: Symbolic link not allowed',
          },
        },
      ],
    },
    {
      title: "nginx's error log",
      with: { target: 'nginx' },
      input: [{ message: '2026/11/22 08:26:41 [error] 31#31: *1 open() failed' }],
      output: [
        {
          message: '2026/11/22 08:26:41 [error] 31#31: *1 open() failed',
          nginx: {
            time: '2026-11-22T08:26:41.000Z',
            severity: 'error',
            pid: 31,
            tid: 31,
            connection: 1,
            error: 'open() failed',
          },
        },
      ],
    },
  ],
  setup({ zone, ...options }) {
    const parse = (text: string): Event | undefined =>
      parseAccess(text, zone) ?? parseNginxError(text, zone) ?? parseApacheError(text, zone);
    return (event) => parseField(event, options, parse);
  },
});
