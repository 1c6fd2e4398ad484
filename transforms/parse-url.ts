import { type Event, defineTransform, parserOptions } from 'logweir';
import { z } from 'zod';
import { parseField } from './lib/parse-field.ts';
import { parseQuery } from './lib/query.ts';

const KNOWN_PORTS: Record<string, number> = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };
/** Requires `//`, because `host:80` and `error: no` have a colon too. */
const ABSOLUTE = /^\s*[A-Za-z][\w+.-]*:\/\//;
/** A path of an access log, which is kept exactly as it is. */
const PATH = /^(\/[^?#]*)(\?[^#]*)?(?:#(.*))?$/s;

export default defineTransform({
  lazy: true,
  description:
    'Parses a URL as browsers do and merges the existing parts into the event: `scheme`, `username`, `password`, `host`, `port`, `path`, `query` and `fragment`. A path alone, as in access logs, gives `path`, `query` and `fragment`. The parameters of `query` are decoded; a repeated one becomes a list. Clients choose the names of parameters: map `query` as `flattened`, otherwise each name becomes a field of the index, and some are rejected. Any other text is left unchanged.',
  options: z.strictObject({
    ...parserOptions,
    field: z.string().min(1).default('url').describe('The field with the URL.'),
    default_port: z
      .boolean()
      .default(false)
      .describe('Whether a URL without a port gets the default port of http, https, ws, wss or ftp.'),
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'Replacing the text',
      with: { target: 'url', default_port: true },
      input: [{ url: 'https://ada@shop.example/a%20b?q=caf%C3%A9&tag=a&tag=b#top' }],
      output: [
        {
          url: {
            scheme: 'https',
            username: 'ada',
            host: 'shop.example',
            port: 443,
            path: '/a%20b',
            query: { q: 'café', tag: ['a', 'b'] },
            fragment: 'top',
          },
        },
      ],
    },
    {
      title: 'The path of an access log',
      with: { field: 'http.path', target: 'http.url' },
      input: [{ http: { path: '/search?q=1' } }],
      output: [{ http: { path: '/search?q=1', url: { path: '/search', query: { q: '1' } } } }],
    },
  ],
  setup({ default_port: hasDefaultPort, ...options }) {
    const parse = (text: string): Event | undefined => parsePath(text) ?? parseUrl(text, hasDefaultPort);
    return (event) => parseField(event, options, parse);
  },
});

function parseUrl(text: string, hasDefaultPort: boolean): Event | undefined {
  const url = ABSOLUTE.test(text) ? URL.parse(text) : null;
  if (url === null) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const port = url.port === '' ? undefined : Number(url.port);
  return given({
    scheme,
    username: url.username,
    password: url.password,
    host: url.hostname,
    port: port ?? (hasDefaultPort ? KNOWN_PORTS[scheme] : undefined),
    path: url.pathname,
    query: parseQuery(url.search),
    fragment: url.hash.slice(1),
  });
}

function parsePath(text: string): Event | undefined {
  const [, path, query = '', fragment] = PATH.exec(text) ?? [];
  return path === undefined ? undefined : given({ path, query: parseQuery(query), fragment });
}

function given(parts: Event): Event {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== ''));
}
