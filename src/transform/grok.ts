import { define } from '../codec/field-path.ts';
import { compileLinear } from './linear-regex.ts';

/**
 * The patterns that are known by name, with the meaning that they have in Logstash, written for an engine without lookaround.
 * Names and meaning after https://github.com/logstash-plugins/logstash-patterns-core (legacy set).
 */
export const grokPatterns: Readonly<Record<string, string>> = {
  USERNAME: '[a-zA-Z0-9._-]+',
  USER: '%{USERNAME}',
  EMAILLOCALPART: "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}",
  EMAILADDRESS: '%{EMAILLOCALPART}@%{HOSTNAME}',
  INT: '[+-]?[0-9]+',
  BASE10NUM: '[+-]?(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)',
  NUMBER: '%{BASE10NUM}',
  BASE16NUM: '[+-]?(?:0x)?[0-9A-Fa-f]+',
  POSINT: '[1-9][0-9]*',
  NONNEGINT: '[0-9]+',
  WORD: '\\b\\w+\\b',
  NOTSPACE: '\\S+',
  SPACE: '\\s*',
  DATA: '.*?',
  GREEDYDATA: '.*',
  QUOTEDSTRING: '"(?:\\\\.|[^"\\\\])*"|\'(?:\\\\.|[^\'\\\\])*\'',
  QS: '%{QUOTEDSTRING}',
  UUID: '[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}',
  IPV4: '(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])',
  IPV6: '[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+(?:%\\w+)?',
  IP: '(?:%{IPV4}|%{IPV6})',
  HOSTNAME: '\\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\\.?',
  IPORHOST: '(?:%{IPV4}|%{IPV6}|%{HOSTNAME})',
  HOSTPORT: '%{IPORHOST}:%{POSINT}',
  UNIXPATH: '(?:/[\\w_%!$@:.,+~-]*)+',
  PATH: '%{UNIXPATH}',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]+',
  URIHOST: '%{IPORHOST}(?::%{POSINT})?',
  URIPATH: "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
  URIPARAM: "\\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\\[\\]<>-]*",
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
  MONTH:
    '\\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\\b',
  MONTHNUM: '0?[1-9]|1[0-2]',
  MONTHNUM2: '0[1-9]|1[0-2]',
  MONTHDAY: '0[1-9]|[12][0-9]|3[01]|[1-9]',
  DAY: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*',
  YEAR: '[0-9]{4}|[0-9]{2}',
  HOUR: '2[0123]|[01]?[0-9]',
  MINUTE: '[0-5][0-9]',
  SECOND: '(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?',
  TIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})?',
  ISO8601_TIMEZONE: 'Z|[+-]%{HOUR}(?::?%{MINUTE})',
  TIMESTAMP_ISO8601:
    '%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?',
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}',
  LOGLEVEL:
    '[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?',
  PROG: '[\\x21-\\x5a\\x5c\\x5e-\\x7e]+',
  SYSLOGPROG: '%{PROG:program}(?:\\[%{POSINT:pid}\\])?',
  SYSLOGHOST: '%{IPORHOST}',
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:timestamp} %{SYSLOGHOST:logsource} %{SYSLOGPROG}:',
  COMMONAPACHELOG:
    '%{IPORHOST:clientip} %{NOTSPACE:ident} %{NOTSPACE:auth} \\[%{HTTPDATE:timestamp}\\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{NUMBER:response} (?:%{NUMBER:bytes}|-)',
  COMBINEDAPACHELOG: '%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}',
};

const REFERENCE = /%\{(\w+)(?::([\w.@-]+))?(?::(int|float))?\}/g;
const DEPTH_MAX = 20;

type Conversion = 'int' | 'float' | undefined;

/** A compiled grok expression. */
export interface Grok {
  /** @returns the fields by their names, undefined where the text does not fit */
  match(text: string): Record<string, string | number> | undefined;
}

/**
 * Compiles `%{NAME:field:int} …` for an engine that is linear in the text.
 *
 * @param own patterns of the user's own, which win over those that are known
 * @throws Error where a pattern is unknown, or refers to itself
 */
export function compileGrok(expression: string, own: Readonly<Record<string, string>> = {}): Grok {
  const fields: { field: string; conversion: Conversion }[] = [];
  const expand = (text: string, depth: number): string =>
    text.replaceAll(REFERENCE, (_whole, name: string, field?: string, conversion?: 'int' | 'float') => {
      const pattern = Object.hasOwn(own, name) ? own[name] : grokPatterns[name];
      if (pattern === undefined) throw new Error(`there is no grok pattern ${name} (in '${expression}')`);
      if (depth >= DEPTH_MAX) throw new Error(`the grok pattern ${name} refers to itself`);
      const inner = expand(pattern, depth + 1);
      if (field === undefined) return `(?:${inner})`;
      return `(?P<${groupFor(field, conversion)}>${inner})`;
    });
  const groupFor = (field: string, conversion: Conversion): string => {
    // Names of groups are narrower than names of fields, and the same field may stand twice.
    fields.push({ field, conversion });
    return `f${fields.length - 1}`;
  };
  const compiled = compileLinear(expand(expression, 0));
  return {
    match(text) {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      const found: Record<string, string | number> = {};
      for (const [index, { field, conversion }] of fields.entries()) {
        const value = matcher.group(`f${index}`);
        if (typeof value === 'string' && !Object.hasOwn(found, field))
          define(found, field, convert(value, conversion));
      }
      return found;
    },
  };
}

/** What is no number in spite of its pattern, or one that would lose digits, stays text. */
function convert(value: string, conversion: Conversion): string | number {
  if (conversion === undefined) return value;
  const number = Number(value);
  if (conversion === 'int') return Number.isSafeInteger(number) ? number : value;
  return Number.isFinite(number) ? number : value;
}
