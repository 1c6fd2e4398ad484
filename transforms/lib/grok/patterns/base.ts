/**
 * The patterns that all others consist of: numbers, words, addresses, paths, times. Names and meaning are
 * those of Logstash, written for an engine with linear time. It has lookbehind, but no lookahead: `\b`
 * replaces the lookaheads of the original. Source:
 * https://www.elastic.co/docs/reference/logstash/plugins/plugins-filters-grok
 *
 * Intended differences from the original: a month or a second matches all its digits; an address, a day, a
 * time or a level next to a letter does not match, so there is no `er` in `user`; the zone of an IPv6 address
 * ends with its characters; a name without a letter is no IPORHOST; the seconds of a TIME are optional; the
 * text after a WORD may start inside the word, since `\b` supports ASCII only.
 */
import type { Patterns } from './helpers.ts';

const HEX = '[0-9A-Fa-f]{1,4}';
const OCTET = '(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})';
const DOTTED = `${OCTET}(?:\\.${OCTET}){3}`;
const LABEL = '[0-9A-Za-z][0-9A-Za-z-]{0,62}';
const LETTERED_LABEL = '(?:[A-Za-z][0-9A-Za-z-]{0,62}|[0-9][0-9-]{0,61}[A-Za-z][0-9A-Za-z-]{0,62})';

const MAILBOX = "a-zA-Z0-9!#$%&'*+/=?^_`{|}~-";
const QUERY = "A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\\[\\]<>-";
/** The levels that may be abbreviated, as in the original. */
const ABBREVIATED = ['info|rmation', 'warn|ing', 'err|or', 'crit|ical']
  .flatMap((level) => [
    level.replace(/^./, (first) => `[${first.toUpperCase()}${first}]`),
    level.toUpperCase(),
  ])
  .map((level) => level.replace('|', '?(?:') + ')?')
  .join('|');

/** RFC 4291, section 2.2: eight groups, or fewer with one `::`; the last two may be an IPv4 address. */
function ipv6(): string {
  const forms = [`\\b(?:${HEX}:){7}${HEX}\\b`, `\\b(?:${HEX}:){6}${DOTTED}\\b`];
  for (let before = 7; before >= 1; before--) {
    const after: string[] = [];
    if (before <= 5) after.push(`(?::${HEX}){0,${5 - before}}:${DOTTED}\\b`);
    if (before <= 6) after.push(`(?::${HEX}){1,${7 - before}}\\b`);
    forms.push(`\\b(?:${HEX}:){${before}}(?:${[...after, ':'].join('|')})`);
  }
  // `\B` before a colon excludes letters, so the `::` of `std::map` does not start an address.
  forms.push(`\\B:(?:(?::${HEX}){0,5}:${DOTTED}\\b|(?::${HEX}){1,7}\\b|:\\B)`);
  return `(?:${forms.join('|')})(?:%[0-9A-Za-z._~-]+)?`;
}

/** The patterns of both sets. */
const shared: Patterns = {
  USERNAME: '[a-zA-Z0-9._-]+',
  USER: '%{USERNAME}',
  EMAILADDRESS: '%{EMAILLOCALPART}@%{HOSTNAME}',
  INT: '[+-]?[0-9]+',
  BASE10NUM: '(?<![0-9.+-])[+-]?(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)',
  NUMBER: '(?:%{BASE10NUM})',
  BASE16NUM: '(?<![0-9A-Fa-f])[+-]?(?:0x)?[0-9A-Fa-f]+',
  BASE16FLOAT: '(?:[+-]|\\b)(?:0x)?(?:[0-9A-Fa-f]+(?:\\.[0-9A-Fa-f]*)?|\\.[0-9A-Fa-f]+)\\b',
  POSINT: '\\b[1-9][0-9]*\\b',
  NONNEGINT: '\\b[0-9]+\\b',
  WORD: '(?<!\\w)\\w+',
  NOTSPACE: '\\S+',
  SPACE: '\\s*',
  DATA: '.*?',
  GREEDYDATA: '.*',
  QUOTEDSTRING: '(?<!\\\\)(?:"(?:\\\\.|[^"\\\\])*"|\'(?:\\\\.|[^\'\\\\])*\'|`(?:\\\\.|[^`\\\\])*`)',
  QS: '(?:%{QUOTEDSTRING})',
  UUID: '[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}',
  URN: "urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+",
  CISCOMAC: '(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4}',
  WINDOWSMAC: '(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}',
  COMMONMAC: '(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}',
  MAC: '(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})',
  IPV4: `\\b${DOTTED}\\b`,
  IPV6: ipv6(),
  IP: '(?:%{IPV6}|%{IPV4})',
  HOSTNAME: `\\b${LABEL}(?:\\.${LABEL})*\\.?`,
  // A name without a letter would match the port of `host:5432`.
  IPORHOST: `(?:%{IP}|\\b(?:${LABEL}\\.)*${LETTERED_LABEL}(?:\\.${LABEL})*\\.?)`,
  HOSTPORT: '%{IPORHOST}:%{POSINT}',
  UNIXPATH: '(?:/[\\w_%!$@:.,+~-]*)+',
  WINPATH: '(?:[A-Za-z]+:|\\\\)(?:\\\\[^\\\\?*]*)+',
  PATH: '(?:%{UNIXPATH}|%{WINPATH})',
  TTY: '/dev/(?:pts|tty[pq]?)\\w*/?[0-9]+',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]+',
  URIPATH: "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
  MONTH:
    '\\b(?:[Jj]an(?:uary?|uar)?|[Ff]eb(?:ruary?|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?|[Mm]a[yi]?|[Jj]un[ei]?|[Jj]ul[yi]?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo][ck]?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e[cz](?:ember)?)\\b',
  MONTHNUM: '(?:0[1-9]|1[0-2]|[1-9])',
  MONTHNUM2: '(?:0[1-9]|1[0-2])',
  MONTHDAY: '(?:0[1-9]|[12][0-9]|3[01]|[1-9])',
  DAY: '(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)\\b',
  YEAR: '(?:[0-9]{4}|[0-9]{2})',
  HOUR: '(?:2[0123]|[01]?[0-9])',
  MINUTE: '[0-5][0-9]',
  // Includes a leap second.
  SECOND: '(?:60|[0-5]?[0-9])(?:[:.,][0-9]+)?',
  ISO8601_SECOND: '%{SECOND}',
  TIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})?\\b',
  ISO8601_TIMEZONE: '(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))',
  TIMESTAMP_ISO8601:
    '%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?',
  DATE_US: '%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}',
  DATE_EU: '%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}',
  DATE: '(?:%{DATE_US}|%{DATE_EU})',
  DATESTAMP: '%{DATE}[- ]%{TIME}',
  TZ: '(?:[APMCE][SD]T|UTC)',
  DATESTAMP_RFC822: '%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}',
  DATESTAMP_RFC2822: '%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}',
  DATESTAMP_OTHER: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}',
  DATESTAMP_EVENTLOG: '%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}',
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}',
  LOGLEVEL: `\\b(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|EMERG(?:ENCY)?|${ABBREVIATED})\\b`,
  PROG: '[\\x21-\\x5a\\x5c\\x5e-\\x7e]+',
  SYSLOGHOST: '%{IPORHOST}',
};

export const baseLegacy: Patterns = {
  ...shared,
  // The original requires a leading letter, and also matches `:`, `<` and `;`: all of `to=<ada@example.com`.
  EMAILLOCALPART: "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}",
  URIHOST: '%{IPORHOST}(?::%{POSINT:port})?',
  URIPARAM: `\\?[${QUERY}]*`,
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
  SYSLOGPROG: '%{PROG:program}(?:\\[%{POSINT:pid}\\])?',
  SYSLOGFACILITY: '<%{NONNEGINT:facility}.%{NONNEGINT:priority}>',
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} %{SYSLOGPROG}:',
};

export const baseEcs: Patterns = {
  ...shared,
  EMAILLOCALPART: `[${MAILBOX}]{1,64}(?:\\.[${MAILBOX}]{1,62})*`,
  URIHOST: '%{IPORHOST}(?::%{POSINT})?',
  URIQUERY: `[${QUERY}]*`,
  URIPARAM: '\\?%{URIQUERY}',
  URIPATHPARAM: '%{URIPATH}(?:\\?%{URIQUERY})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
  SYSLOGPROG: '%{PROG:[process][name]}(?:\\[%{POSINT:[process][pid]:int}\\])?',
  SYSLOGFACILITY: '<%{NONNEGINT:[log][syslog][facility][code]:int}.%{NONNEGINT:[log][syslog][priority]:int}>',
  SYSLOGBASE:
    '%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:[host][hostname]} %{SYSLOGPROG}:',
};
