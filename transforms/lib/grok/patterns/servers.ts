/** The name server BIND, the proxy Squid, and versions of Maven. */
import type { Patterns } from './helpers.ts';

const shared: Patterns = {
  BIND9_TIMESTAMP: '%{MONTHDAY}-%{MONTH}-%{YEAR} %{TIME}',
  MAVEN_VERSION: String.raw`(?:[0-9]+\.)?(?:[0-9]+\.)?(?:\*|[0-9]+)(?:[.-](?:RELEASE|SNAPSHOT))?`,
};
const CLIENT = 'client(?::? @0x[0-9A-Fa-f]+)?';

export const serversLegacy: Patterns = {
  ...shared,
  BIND9: String.raw`%{BIND9_TIMESTAMP:timestamp} queries: %{LOGLEVEL:loglevel}: ${CLIENT} %{IP:clientip}#%{POSINT:clientport} \(%{GREEDYDATA:query}\): query: %{GREEDYDATA:query} IN %{GREEDYDATA:querytype} \(%{IP:dns}\)`,
  SQUID3: [
    String.raw`%{NUMBER:timestamp}\s+%{NUMBER:duration}\s%{IP:client_address}\s%{WORD:cache_result}/%{NONNEGINT:status_code}\s%{NUMBER:bytes}\s`,
    String.raw`%{WORD:request_method}\s%{NOTSPACE:url}\s(?:%{NOTSPACE:user}|-)\s%{WORD:hierarchy_code}/(?:%{IPORHOST:server}|-)\s%{NOTSPACE:content_type}`,
  ].join(''),
};

const RECORD_TYPES =
  'A|AAAA|CAA|CDNSKEY|CDS|CERT|CNAME|CSYNC|DLV|DNAME|DNSKEY|DS|HINFO|LOC|MX|NAPTR|NS|NSEC|NSEC3|OPENPGPKEY|PTR|RRSIG|RP|SIG|SMIMEA|SOA|SRV|TSIG|TXT|URI';

export const serversEcs: Patterns = {
  ...shared,
  BIND9_DNSTYPE: `(?:${RECORD_TYPES})`,
  BIND9_CATEGORY: '(?:queries)',
  BIND9_QUERYLOGBASE: [
    String.raw`${CLIENT} %{IP:[client][ip]}#%{POSINT:[client][port]:int} \(%{GREEDYDATA:[bind][log][question][name]}\): query: %{GREEDYDATA:[dns][question][name]}`,
    String.raw` (?<[dns][question][class]>IN) %{BIND9_DNSTYPE:[dns][question][type]}(?::? %{DATA:[bind][log][question][flags]})? \(%{IP:[server][ip]}\)`,
  ].join(''),
  // `bing`, as in the original.
  BIND9_QUERYLOG:
    '%{BIND9_TIMESTAMP:timestamp} %{BIND9_CATEGORY:[bing][log][category]}: %{LOGLEVEL:[log][level]}: %{BIND9_QUERYLOGBASE}',
  BIND9: '%{BIND9_QUERYLOG}',
  SQUID3_STATUS: '(?:%{POSINT:[http][response][status_code]:int}|0|000)',
  SQUID3: [
    String.raw`%{NUMBER:timestamp}\s+%{NUMBER:[squid][request][duration]:int}\s%{IP:[source][ip]}\s%{WORD:[event][action]}/%{SQUID3_STATUS}\s`,
    String.raw`%{INT:[http][response][bytes]:int}\s%{WORD:[http][request][method]}\s%{NOTSPACE:[url][original]}\s(?:-|%{NOTSPACE:[user][name]})\s`,
    String.raw`%{WORD:[squid][hierarchy_code]}/(?:-|%{IPORHOST:[destination][address]})\s(?:-|%{NOTSPACE:[http][response][mime_type]})`,
  ].join(''),
};
