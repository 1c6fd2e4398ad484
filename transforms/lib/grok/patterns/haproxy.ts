/** HAProxy's HTTP and TCP logs. */
import { type Patterns, columns } from './helpers.ts';

export const haproxyLegacy: Patterns = {
  HAPROXYTIME: '%{HOUR:haproxy_hour}:%{MINUTE:haproxy_minute}(?::%{SECOND:haproxy_second})\\b',
  HAPROXYDATE:
    '%{MONTHDAY:haproxy_monthday}/%{MONTH:haproxy_month}/%{YEAR:haproxy_year}:%{HAPROXYTIME:haproxy_time}.%{INT:haproxy_milliseconds}',
  HAPROXYCAPTUREDREQUESTHEADERS: '%{DATA:captured_request_headers}',
  HAPROXYCAPTUREDRESPONSEHEADERS: '%{DATA:captured_response_headers}',
  HAPROXYHTTPBASE: [
    head('client_ip', 'client_port', 'accept_date'),
    'NOTSPACE frontend_name, %{NOTSPACE:backend_name}/%{NOTSPACE:server_name}',
    slashed(
      'INT time_request, INT time_queue, INT time_backend_connect, INT time_backend_response, NOTSPACE time_duration',
    ),
    'INT http_status_code, NOTSPACE bytes_read, DATA captured_request_cookie, DATA captured_response_cookie, NOTSPACE termination_state',
    slashed('INT actconn, INT feconn, INT beconn, INT srvconn, NOTSPACE retries'),
    slashed('INT srv_queue, INT backend_queue'),
    [
      String.raw`(?:\{%{HAPROXYCAPTUREDREQUESTHEADERS}\})? ?(?:\{%{HAPROXYCAPTUREDRESPONSEHEADERS}\})? ?"`,
      '(?:<BADREQ>|(?:%{WORD:http_verb} (?:%{URIPROTO:http_proto}://)?(?:%{USER:http_user}(?::[^@]*)?@)?',
      '%{URIHOST:http_host}?%{URIPATHPARAM:http_request}?(?: HTTP/%{NUMBER:http_version})?))?"?',
    ].join(''),
  ]
    .map((part) => columns(' ', part))
    .join(' '),
  HAPROXYHTTP:
    '(?:%{SYSLOGTIMESTAMP:syslog_timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}) %{IPORHOST:syslog_server} %{SYSLOGPROG}: %{HAPROXYHTTPBASE}',
  HAPROXYTCP: [
    '(?:%{SYSLOGTIMESTAMP:syslog_timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}), IPORHOST syslog_server, %{SYSLOGPROG}:',
    head('client_ip', 'client_port', 'accept_date'),
    'NOTSPACE frontend_name, %{NOTSPACE:backend_name}/%{NOTSPACE:server_name}',
    slashed('INT time_queue, INT time_backend_connect, NOTSPACE time_duration'),
    'NOTSPACE bytes_read, NOTSPACE termination_state',
    slashed('INT actconn, INT feconn, INT beconn, INT srvconn, NOTSPACE retries'),
    slashed('INT srv_queue, INT backend_queue'),
  ]
    .map((part) => columns(' ', part))
    .join(' '),
};

/** The peer and the time, separated by a comma of the columns. */
function head(ip: string, port: string, date: string): string {
  return String.raw`%{IP:${ip}}:%{INT:${port}}, \[%{HAPROXYDATE:${date}}\]`;
}

/** Values between slashes. */
function slashed(list: string): string {
  return columns('/', list);
}

/** A time in ms; -1 if that phase was not reached. */
const waited = (field: string): string => `(?:-1|%{INT:${field}:int})`;
const HOST = '(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp}) %{IPORHOST:[host][hostname]}';
const PEER = head('[source][address]', '[source][port]:int', '[haproxy][request_date]');
const SERVER =
  'NOTSPACE haproxy.frontend_name, %{NOTSPACE:[haproxy][backend_name]}/(?:<NOSRV>|%{NOTSPACE:[haproxy][server_name]})';
const QUEUED = [
  waited('[haproxy][total_waiting_time_ms]'),
  waited('[haproxy][connection_wait_time_ms]'),
] as const;
const CONNECTIONS = slashed(
  ['active', 'frontend', 'backend', 'server', 'retries']
    .map((name) => `INT haproxy.connections.${name} int`)
    .join(','),
);
const QUEUES = slashed('INT haproxy.server_queue int, INT haproxy.backend_queue int');

export const haproxyEcs: Patterns = {
  HAPROXYTIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})\\b',
  HAPROXYDATE: '%{MONTHDAY}/%{MONTH}/%{YEAR}:%{HAPROXYTIME}.%{INT}',
  HAPROXYCAPTUREDREQUESTHEADERS: '%{DATA:[haproxy][http][request][captured_headers]}',
  HAPROXYCAPTUREDRESPONSEHEADERS: '%{DATA:[haproxy][http][response][captured_headers]}',
  HAPROXYURI: [
    '(?:%{URIPROTO:[url][scheme]}://)?(?:%{USER:[url][username]}(?::[^@]*)?@)?(?:%{IPORHOST:[url][domain]}(?::%{POSINT:[url][port]:int})?)?',
    String.raw`(?:%{URIPATH:[url][path]}(?:\?%{URIQUERY:[url][query]})?)?`,
  ].join(''),
  HAPROXYHTTPREQUESTLINE:
    '(?:<BADREQ>|%{WORD:[http][request][method]} %{HAPROXYURI:[url][original]}(?: HTTP/%{NUMBER:[http][version]})?)',
  HAPROXYHTTPBASE: `${columns(
    ' ',
    `${PEER}, ${SERVER}, ${[
      waited('[haproxy][http][request][time_wait_ms]'),
      ...QUEUED,
      waited('[haproxy][http][request][time_wait_without_data_ms]'),
      '%{NOTSPACE:[haproxy][total_time_ms]}',
    ].join(
      '/',
    )}, INT http.response.status_code int, INT source.bytes int, DATA? haproxy.http.request.captured_cookie,
    DATA? haproxy.http.response.captured_cookie, NOTSPACE haproxy.termination_state, ${CONNECTIONS}, ${QUEUES}`,
  )}${[
    String.raw`(?: \{%{HAPROXYCAPTUREDREQUESTHEADERS}\}(?: \{%{HAPROXYCAPTUREDRESPONSEHEADERS}\})?)?`,
    '(?: "%{HAPROXYHTTPREQUESTLINE}"?)?',
  ].join('')}`,
  HAPROXYHTTP: `${HOST} %{SYSLOGPROG}: %{HAPROXYHTTPBASE}`,
  HAPROXYTCP: `${HOST} %{SYSLOGPROG}: ${columns(
    ' ',
    `${PEER}, ${SERVER}, ${[...QUEUED, '%{NOTSPACE:[haproxy][total_time_ms]}'].join('/')}, INT source.bytes int,
    NOTSPACE haproxy.termination_state, ${CONNECTIONS}, ${QUEUES}`,
  )}`,
};
