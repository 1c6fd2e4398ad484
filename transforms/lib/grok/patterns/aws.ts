/** Amazon: S3, load balancers, CloudFront. */
import { type Patterns, columns, orDash } from './helpers.ts';

const TAB = String.raw`\t`;
const DAY_AND_TIME = String.raw`(?<timestamp>%{YEAR}-%{MONTHNUM}-%{MONTHDAY}\t%{TIME})`;

export const awsLegacy: Patterns = {
  S3_REQUEST_LINE: '(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})',
  S3_ACCESS_LOG: columns(
    ' ',
    String.raw`WORD owner, NOTSPACE bucket, \[%{HTTPDATE:timestamp}\], IP clientip, NOTSPACE requester, NOTSPACE request_id,
    NOTSPACE operation, NOTSPACE key, (?:"%{S3_REQUEST_LINE}"|-), INT? response int, NOTSPACE? error_code, INT? bytes int,
    INT? object_size int, INT? request_time_ms int, INT? turnaround_time_ms int, (?:%{QS:referrer}|-), (?:"?%{QS:agent}"?|-),
    NOTSPACE? version_id`,
  ),
  ELB_URIPATHPARAM: '%{URIPATH:path}(?:%{URIPARAM:params})?',
  ELB_URI: '%{URIPROTO:proto}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST:urihost})?(?:%{ELB_URIPATHPARAM})?',
  ELB_REQUEST_LINE: '(?:%{WORD:verb} %{ELB_URI:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})',
  ELB_ACCESS_LOG: columns(
    ' ',
    `TIMESTAMP_ISO8601 timestamp, NOTSPACE elb, %{IP:clientip}:%{INT:clientport:int}, (?:%{IP:backendip}:?:%{INT:backendport:int}|-),
    NUMBER request_processing_time float, NUMBER backend_processing_time float, NUMBER response_processing_time float,
    INT response int, INT? backend_response int, INT received_bytes int, INT bytes int, "%{ELB_REQUEST_LINE}"`,
  ),
  CLOUDFRONT_ACCESS_LOG: columns(
    TAB,
    `${DAY_AND_TIME}, WORD x_edge_location, NUMBER? sc_bytes int, IPORHOST clientip, WORD cs_method, HOSTNAME cs_host,
    NOTSPACE cs_uri_stem, NUMBER sc_status int, GREEDYDATA referrer, GREEDYDATA agent, GREEDYDATA cs_uri_query,
    GREEDYDATA cookies, WORD x_edge_result_type, NOTSPACE x_edge_request_id, HOSTNAME x_host_header, URIPROTO cs_protocol,
    INT cs_bytes int, GREEDYDATA time_taken float, GREEDYDATA x_forwarded_for, GREEDYDATA ssl_protocol, GREEDYDATA ssl_cipher,
    GREEDYDATA x_edge_response_result_type`,
  ),
};

const REQUEST = (target: string): string =>
  `(?:%{WORD:[http][request][method]} ${target}(?: HTTP/%{NUMBER:[http][version]})?)`;
/** A text in quotes. */
const quoted = (pattern: string): string => `"${orDash(pattern)}"`;
const SECONDS = (part: string): string => `(?:-1|%{NUMBER:[aws][elb][${part}_processing_time][sec]:float})`;

export const awsEcs: Patterns = {
  S3_REQUEST_LINE: REQUEST('%{NOTSPACE:[url][original]}'),
  S3_ACCESS_LOG: `${columns(
    ' ',
    String.raw`WORD aws.s3access.bucket_owner, NOTSPACE aws.s3access.bucket, \[%{HTTPDATE:timestamp}\], IP? client.ip,
    NOTSPACE? client.user.id, NOTSPACE aws.s3access.request_id, NOTSPACE aws.s3access.operation, NOTSPACE? aws.s3access.key,
    ${orDash('"%{S3_REQUEST_LINE:[aws][s3access][request_uri]}"')}, INT? http.response.status_code int,
    NOTSPACE? aws.s3access.error_code, INT? aws.s3access.bytes_sent int, INT? aws.s3access.object_size int,
    INT? aws.s3access.total_time int, INT? aws.s3access.turn_around_time int, ${quoted('%{DATA:[http][request][referrer]}')},
    ${quoted('%{DATA:[user_agent][original]}')}, NOTSPACE? aws.s3access.version_id`,
  )}(?: ${columns(
    ' ',
    `NOTSPACE? aws.s3access.host_id, NOTSPACE? aws.s3access.signature_version, NOTSPACE? tls.cipher,
    NOTSPACE? aws.s3access.authentication_type, NOTSPACE? aws.s3access.host_header, NOTSPACE? aws.s3access.tls_version`,
  )})?`,
  ELB_URIHOST: '%{IPORHOST:[url][domain]}(?::%{POSINT:[url][port]:int})?',
  ELB_URIPATHQUERY: String.raw`%{URIPATH:[url][path]}(?:\?%{URIQUERY:[url][query]})?`,
  ELB_URIPATHPARAM: '%{ELB_URIPATHQUERY}',
  ELB_URI:
    '%{URIPROTO:[url][scheme]}://(?:%{USER:[url][username]}(?::[^@]*)?@)?%{ELB_URIHOST}?%{ELB_URIPATHQUERY}?',
  ELB_REQUEST_LINE: REQUEST('%{ELB_URI:[url][original]}'),
  ELB_V1_HTTP_LOG: `${columns(
    ' ',
    `TIMESTAMP_ISO8601 timestamp, NOTSPACE aws.elb.name, %{IP:[source][ip]}:%{INT:[source][port]:int},
    ${orDash('%{IP:[aws][elb][backend][ip]}:%{INT:[aws][elb][backend][port]:int}')},
    ${SECONDS('request')}, ${SECONDS('backend')}, ${SECONDS('response')}, INT http.response.status_code int,
    INT? aws.elb.backend.http.response.status_code int, INT http.request.body.bytes int, INT http.response.body.bytes int,
    "%{ELB_REQUEST_LINE}"`,
  )}(?: ${quoted('%{DATA:[user_agent][original]}')} ${columns(' ', 'NOTSPACE? tls.cipher, NOTSPACE? aws.elb.ssl_protocol')})?`,
  ELB_ACCESS_LOG: '%{ELB_V1_HTTP_LOG}',
  CLOUDFRONT_ACCESS_LOG: `${columns(
    TAB,
    `${DAY_AND_TIME}, WORD aws.cloudfront.x_edge_location, INT? destination.bytes int, IPORHOST source.ip,
    WORD http.request.method, HOSTNAME url.domain, NOTSPACE url.path, (?:000|%{INT:[http][response][status_code]:int}),
    DATA? http.request.referrer, DATA user_agent.original, DATA? url.query, DATA? aws.cloudfront.http.request.cookie,
    WORD aws.cloudfront.x_edge_result_type, NOTSPACE aws.cloudfront.x_edge_request_id, HOSTNAME aws.cloudfront.http.request.host,
    URIPROTO network.protocol, INT? source.bytes int, NUMBER aws.cloudfront.time_taken float, IP? network.forwarded_ip,
    DATA? aws.cloudfront.ssl_protocol, NOTSPACE? tls.cipher, WORD aws.cloudfront.x_edge_response_result_type`,
  )}(?:\\t${columns(
    TAB,
    `${orDash('HTTP/%{NUMBER:[http][version]}')}, DATA? aws.cloudfront.fle_status, DATA? aws.cloudfront.fle_encrypted_fields,
    INT source.port int, NUMBER aws.cloudfront.time_to_first_byte float, DATA? aws.cloudfront.x_edge_detailed_result_type,
    NOTSPACE? http.request.mime_type, INT? aws.cloudfront.http.request.size int,
    INT? aws.cloudfront.http.request.range.start int, INT? aws.cloudfront.http.request.range.end int`,
  )})?`,
};
