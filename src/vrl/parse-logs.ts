import { Pattern } from './pattern.ts';
import { parseTime } from './strptime.ts';
import { asString } from './types.ts';
import { type Fields, VrlError } from './values.ts';

interface TimeFormat {
  /** Of strftime. */
  readonly timestampFormat?: unknown;
}

const APACHE_TIME = '%d/%b/%Y:%T %z';

/** A field, or `-` for none. */
const orNone = (field: string): string => `(?:-|${field})`;
const clientAs = (host: string, user: string): string =>
  `^\\s*${orNone(`(?P<${host}>\\S+)`)}\\s+-\\s+${orNone(`(?P<${user}>\\S+)`)}\\s+`;
const ANY = '(?s:.)*?';
const COMMON =
  `^\\s*${orNone('(?P<host>.*?)')}\\s+${orNone('(?P<identity>.*?)')}\\s+${orNone('(?P<user>.*?)')}\\s+` +
  `${orNone(`\\[${orNone('(?P<timestamp>[^\\[]*)')}\\]`)}\\s+` +
  `${orNone(`"${orNone(`\\s*(?P<message>(?P<method>\\w+)\\s+(?P<path>${ANY})\\s+(?P<protocol>${ANY})\\s*|${ANY})\\s*`)}"`)}\\s+` +
  `${orNone('(?P<status>\\d+)')}\\s+${orNone('(?P<size>\\d+)')}`;
/** What nginx's formats have in common: the time, the request and the status. */
const REQUEST = '\\[(?P<timestamp>[^\\]]+)\\]\\s+"(?P<request>[^"]*)"\\s+(?P<status>\\d+)\\s+';
const HEADERS = `"${orNone('(?P<http_referer>[^"]*)')}"\\s+"${orNone('(?P<http_user_agent>[^"]+)')}"\\s+`;

interface LogFormat {
  /** The first one that fits a line is used. */
  readonly patterns: readonly string[];
  /** Of strftime. */
  readonly time: string;
}

const FORMATS: Readonly<Record<string, LogFormat>> = {
  common: { patterns: [`${COMMON}\\s*$`], time: APACHE_TIME },
  // As in VRL, what follows the agent is not looked at, and a referrer `-` is one.
  'apache combined': {
    patterns: [`${COMMON}\\s+(?:-|"\\s*(?P<referrer>${ANY})")\\s+(?:-|"(?:-|\\s*(?P<agent>${ANY})"))`],
    time: APACHE_TIME,
  },
  'apache error': {
    patterns: [
      `^\\s*${orNone(`\\[${orNone('(?P<timestamp>[^\\[]*)')}\\]`)}\\s+` +
        `${orNone(`\\[${orNone('(?P<module>[^:]*):(?P<severity>[^\\[]*)')}\\]`)}\\s+` +
        `${orNone(`\\[\\s*pid\\s*${orNone('(?P<pid>[^:]*)(?::\\s*tid\\s*(?P<thread>[^\\[]*))?')}\\]`)}\\s` +
        `${orNone(`\\[\\s*client\\s*${orNone('(?P<client>.*:?):(?P<port>[^\\[]*)')}\\]`)}\\s` +
        `${orNone('(?P<message>.*)')}\\s*$`,
      // Of a process with threads; VRL gives the message in two parts.
      '^\\s*\\[(?P<timestamp>[^\\]]+)\\]\\s+\\[(?:-|(?P<module>[^:]+)):(?P<severity>[^\\]]+)\\]\\s+' +
        '\\[pid\\s+(?P<pid>\\d+)(?::tid\\s+(?P<thread>\\d+))?\\]\\s+(?P<message1>[^\\[]*?:\\s+(?:[^\\[]*?:\\s+)?)?' +
        '(?:\\[client\\s+(?P<client>.+?):(?P<port>\\d+)\\]\\s+)?(?P<message2>.*)(?:, referer .*)?\\s*$',
    ],
    time: APACHE_TIME,
  },
  'nginx combined': {
    patterns: [
      `${clientAs('client', 'user')}${REQUEST}(?P<size>\\d+)\\s+"(?P<referer>[^"]*)"\\s+"(?P<agent>[^"]*)"` +
        `(?:\\s+"${orNone('(?P<compression>[^"]+)')}")?\\s*$`,
    ],
    time: APACHE_TIME,
  },
  'nginx error': {
    patterns: [
      '^\\s*(?P<timestamp>.+)\\s+\\[(?P<severity>\\w+)\\]\\s+(?P<pid>\\d+)#(?P<tid>\\d+):(?:\\s+\\*(?P<cid>\\d+))?\\s+' +
        '(?P<message>.+?)(?:,\\s+excess:\\s+(?P<excess>[^\\s,]+),?\\sby\\szone\\s"(?P<zone>[^,]+)")?(?:,\\s+client:\\s+(?P<client>[^,]+))?' +
        '(?:,\\s+server:\\s+(?P<server>[^,]*))?(?:,\\s+request:\\s+"(?P<request>[^"]*)")?(?:,\\s+upstream:\\s+"(?P<upstream>[^"]*)")?' +
        '(?:,\\s+host:\\s+"(?P<host>[^"]*)")?(?:,\\s+refer?rer:\\s+"(?P<referer>[^"]*)")?\\s*$',
    ],
    time: '%Y/%m/%d %H:%M:%S',
  },
  'nginx main': {
    patterns: [
      `${clientAs('remote_addr', 'remote_user')}${REQUEST}(?P<body_bytes_size>\\d+)\\s+${HEADERS}` +
        `"${orNone('(?P<http_x_forwarded_for>[^"]+)')}"\\s*$`,
    ],
    time: APACHE_TIME,
  },
  'nginx ingress_upstreaminfo': {
    patterns: [
      `${clientAs('remote_addr', 'remote_user')}${REQUEST}(?P<body_bytes_size>\\d+)\\s+${HEADERS}` +
        '(?P<request_length>\\d+)\\s+(?P<request_time>\\d+\\.\\d+)\\s+\\[(?P<proxy_upstream_name>[^\\]]+)\\]\\s+' +
        '\\[(?P<proxy_alternative_upstream_name>[^\\]]+)?\\]\\s+(?P<upstream_addr>\\S+)\\s+' +
        `${orNone('(?P<upstream_response_length>\\d+)')}\\s+${orNone('(?P<upstream_response_time>\\d+\\.\\d+)')}\\s+` +
        `${orNone('(?P<upstream_status>\\d+)')}\\s+(?P<req_id>\\S+)\\s*$`,
    ],
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
  const timeFormat = timestampFormat === undefined ? format.time : asString(timestampFormat);
  for (const source of format.patterns) {
    const fields = fieldsOf(Pattern.of(source), text, timeFormat);
    if (fields !== null) return fields;
  }
  throw new VrlError(`failed parsing ${what}`);
}

/** Null if the pattern does not fit. */
function fieldsOf(pattern: Pattern, text: string, timeFormat: string): Fields | null {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return null;
  const fields: Fields = {};
  for (const [group, number] of pattern.groups) {
    const found = matcher.group(number);
    if (found !== null) fields[group] = typed(group, found, timeFormat);
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
