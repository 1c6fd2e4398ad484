import { type Event, defineTransform, mergeInto } from 'logweir';
import { z } from 'zod';
import { parserOptions, textAt } from '../src/transform/parser-options.ts';
import { MONTHS } from '../src/transform/syslog.ts';

/** Each class excludes what ends it, so a line is read once. */
const COMMON =
  /^(\S+) (\S+) (\S+) \[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?/;
const NGINX_ERROR =
  /^(\d{4})\/(\d{2})\/(\d{2}) (\d{2}:\d{2}:\d{2}) \[([a-z]+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)$/s;

export default defineTransform({
  description:
    "Parses a line of an access log in Apache's common or combined format, which nginx writes too, or a line of nginx's error log. Any other text stays as it is.",
  options: z.strictObject({
    ...parserOptions,
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
  setup(options) {
    return (event) => {
      const text = textAt(event, options.field);
      const parsed = text === undefined ? undefined : (parseAccess(text) ?? parseError(text));
      return parsed === undefined ? event : mergeInto(event, parsed, options);
    };
  },
});

function parseAccess(text: string): Event | undefined {
  const match = COMMON.exec(text);
  if (match === null) return undefined;
  const [, client, identity, user, day, monthName = '', year, clock, hours, minutes] = match;
  const [request = '', status, bytes, referrer, agent] = match.slice(10);
  const month = String(MONTHS.indexOf(monthName) + 1).padStart(2, '0');
  const time = Date.parse(`${year}-${month}-${day}T${clock}${hours}:${minutes}`);
  const [method, path, protocol] = request.split(' ');
  return given({
    client,
    identity,
    user,
    time: Number.isNaN(time) ? undefined : new Date(time).toISOString(),
    // What is no request line, as an attacker may send, is kept whole.
    ...(path === undefined ? { request } : { method, path, protocol }),
    status: Number(status),
    bytes: bytes === '-' ? undefined : Number(bytes),
    referrer,
    agent,
  });
}

function parseError(text: string): Event | undefined {
  const match = NGINX_ERROR.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, clock, severity, pid, tid, connection, error] = match;
  const time = Date.parse(`${year}-${month}-${day}T${clock}Z`);
  return given({
    time: Number.isNaN(time) ? undefined : new Date(time).toISOString(),
    severity,
    pid: Number(pid),
    tid: Number(tid),
    connection: connection === undefined ? undefined : Number(connection),
    error,
  });
}

/** Without what the line says that it does not know. */
function given(parts: Event): Event {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined && value !== '-' && value !== ''),
  );
}
