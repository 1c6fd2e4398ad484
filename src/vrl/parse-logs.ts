import { Pattern } from './pattern.ts';
import { parseTime } from './strptime.ts';
import { asString } from './types.ts';
import { type Fields, VrlError } from './values.ts';

interface TimeFormat {
  /** Of strftime. */
  readonly timestampFormat?: unknown;
}

const APACHE_TIME = '%d/%b/%Y:%T %z';

const COMMON =
  '^\\s*(?P<host>\\S+)\\s+(?P<identity>\\S+)\\s+(?P<user>\\S+)\\s+(?:\\[(?P<timestamp>[^\\]]*)\\]|-)\\s+' +
  '(?:"(?P<message>(?:(?P<method>\\w+)\\s+(?P<path>\\S+)\\s+(?P<protocol>[^"\\s]+))?[^"]*)"|-)\\s+' +
  '(?P<status>\\d+|-)\\s+(?P<size>\\d+|-)';
const NGINX =
  '^\\s*(?P<client>\\S+)\\s+-\\s+(?P<user>\\S+)\\s+\\[(?P<timestamp>[^\\]]+)\\]\\s+"(?P<request>[^"]*)"\\s+' +
  '(?P<status>\\d+)\\s+(?P<size>\\d+)';

const FORMATS: Readonly<Record<string, { readonly pattern: string; readonly time: string }>> = {
  common: { pattern: `${COMMON}\\s*$`, time: APACHE_TIME },
  'apache combined': {
    pattern: `${COMMON}\\s+"(?P<referrer>[^"]*)"\\s+"(?P<agent>[^"]*)"\\s*$`,
    time: APACHE_TIME,
  },
  'apache error': {
    pattern:
      '^\\s*\\[(?P<timestamp>[^\\]]+)\\]\\s+\\[(?:(?P<module>[^:\\]]*):)?(?P<severity>[^\\]]*)\\]\\s+' +
      '\\[pid\\s+(?P<pid>\\d+)(?::tid\\s+(?P<thread>[^\\]]*))?\\]\\s*(?:\\[client\\s+(?P<client>[^\\]]*?)(?::(?P<port>\\d+))?\\]\\s*)?' +
      '(?P<message>.*?)\\s*$',
    time: APACHE_TIME,
  },
  'nginx combined': {
    pattern: `${NGINX}(?:\\s+"(?P<referer>[^"]*)")?(?:\\s+"(?P<agent>[^"]*)")?(?:\\s+"(?P<compression>[^"]*)")?\\s*$`,
    time: APACHE_TIME,
  },
  'nginx error': {
    pattern:
      '^\\s*(?P<timestamp>\\d+/\\d+/\\d+ \\d+:\\d+:\\d+)\\s+\\[(?P<severity>\\w+)\\]\\s+(?P<pid>\\d+)#(?P<tid>\\d+):(?:\\s+\\*(?P<cid>\\d+))?\\s+' +
      '(?P<message>.*?)(?:, (?:excess: (?P<excess>[^\\s,]+) by zone "(?P<zone>[^,]+)", )?client: (?P<client>[^,]+))?' +
      '(?:, server: (?P<server>[^,]*))?(?:, request: "(?P<request>[^"]*)")?(?:, upstream: "(?P<upstream>[^"]*)")?' +
      '(?:, host: "(?P<host>[^"]*)")?(?:, refer?rer: "(?P<referer>[^"]*)")?\\s*$',
    time: '%Y/%m/%d %H:%M:%S',
  },
  'nginx main': {
    pattern:
      '^\\s*(?P<remote_addr>\\S+)\\s+-\\s+(?P<remote_user>\\S+)\\s+\\[(?P<timestamp>[^\\]]+)\\]\\s+"(?P<request>[^"]*)"\\s+' +
      '(?P<status>\\d+)\\s+(?P<body_bytes_size>\\d+)\\s+"(?P<http_referer>[^"]*)"\\s+"(?P<http_user_agent>[^"]*)"\\s+"(?P<http_x_forwarded_for>[^"]*)"\\s*$',
    time: APACHE_TIME,
  },
  'nginx ingress_upstreaminfo': {
    pattern:
      '^\\s*(?P<remote_addr>\\S+)\\s+-\\s+(?P<remote_user>\\S+)\\s+\\[(?P<timestamp>[^\\]]+)\\]\\s+"(?P<request>[^"]*)"\\s+' +
      '(?P<status>\\d+)\\s+(?P<body_bytes_size>\\d+)\\s+"(?P<http_referer>[^"]*)"\\s+"(?P<http_user_agent>[^"]*)"\\s+' +
      '(?P<request_length>\\d+)\\s+(?P<request_time>\\d+\\.\\d+)\\s+\\[(?P<proxy_upstream_name>[^\\]]*)\\]\\s+' +
      '\\[(?P<proxy_alternative_upstream_name>[^\\]]*)\\]\\s+(?P<upstream_addr>\\S+)\\s+(?P<upstream_response_length>\\d+|-)\\s+' +
      '(?P<upstream_response_time>\\d+\\.\\d+|-)\\s+(?P<upstream_status>\\d+|-)\\s+(?P<req_id>\\S+)\\s*$',
    time: APACHE_TIME,
  },
};

const INTEGERS = new Set(
  'status size pid port tid cid body_bytes_size request_length upstream_response_length upstream_status'.split(
    ' ',
  ),
);
const FLOATS = new Set(['request_time', 'upstream_response_time', 'excess']);

export function parseCommonLog(value: unknown, options: TimeFormat = {}): Fields {
  return parsed('common', asString(value), options, 'common log');
}

/** @param format `common`, `combined` or `error` */
export function parseApacheLog(value: unknown, format: unknown, options: TimeFormat = {}): Fields {
  const name = asString(format);
  return parsed(
    name === 'common' ? 'common' : `apache ${name}`,
    asString(value),
    options,
    `apache ${name} log`,
  );
}

/** @param format `combined`, `error`, `main` or `ingress_upstreaminfo` */
export function parseNginxLog(value: unknown, format: unknown, options: TimeFormat = {}): Fields {
  const name = asString(format);
  return parsed(`nginx ${name}`, asString(value), options, `nginx ${name} log`);
}

function parsed(name: string, text: string, { timestampFormat }: TimeFormat, what: string): Fields {
  const format = FORMATS[name];
  if (format === undefined) throw new VrlError(`unknown log format ${name}`);
  const pattern = Pattern.of(format.pattern);
  const matcher = pattern.matcher(text);
  if (!matcher.find()) throw new VrlError(`failed parsing ${what}`);
  const fields: Fields = {};
  for (const [group, number] of pattern.groups) {
    const found = matcher.group(number);
    if (found === null || found === '-' || found === '') continue;
    fields[group] = typed(
      group,
      found,
      timestampFormat === undefined ? format.time : asString(timestampFormat),
    );
  }
  return fields;
}

function typed(group: string, text: string, timeFormat: string): unknown {
  if (group === 'timestamp') return parseTime(text, timeFormat, 'UTC');
  return INTEGERS.has(group) || FLOATS.has(group) ? Number(text) : text;
}

const KLOG =
  '^\\s*(?P<level>[IWEF])(?P<timestamp>\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d+)\\s+(?P<id>\\d+)\\s+(?P<file>[^:\\s]+):(?P<line>\\d+)\\]\\s*(?P<message>.*?)\\s*$';
const KLOG_LEVELS: Readonly<Record<string, string>> = { I: 'info', W: 'warning', E: 'error', F: 'fatal' };

/** The year is the current one, or the last, where the line would be of the future. */
export function parseKlog(value: unknown): Fields {
  const matcher = Pattern.of(KLOG).matcher(asString(value));
  if (!matcher.find()) throw new VrlError('failed parsing klog message');
  const stamp = matcher.group('timestamp') ?? '';
  const now = new Date();
  const isNextYear = now.getUTCMonth() === 0 && stamp.startsWith('12');
  const year = now.getUTCFullYear() - (isNextYear ? 1 : 0);
  return {
    level: KLOG_LEVELS[matcher.group('level') ?? ''] ?? null,
    timestamp: parseTime(`${year}${stamp}`, '%Y%m%d %H:%M:%S%.f', 'UTC'),
    id: Number(matcher.group('id')),
    file: matcher.group('file'),
    line: Number(matcher.group('line')),
    message: matcher.group('message'),
  };
}
