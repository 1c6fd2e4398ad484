/** Zeek and its older logs from Bro, its former name: columns separated by tabs. */
import { type Patterns, columns } from './helpers.ts';

const TAB = String.raw`\t`;
const log = (list: string): string => columns(TAB, list);

const PEERS = 'NUMBER ts, NOTSPACE uid, IP orig_h, INT orig_p, IP resp_h, INT resp_p';
const greedy = (names: string): string =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `GREEDYDATA ${name}`)
    .join(', ');

export const zeekLegacy: Patterns = {
  BRO_HTTP: log(
    `${PEERS}, INT trans_depth, ${greedy('method domain uri referrer user_agent')}, NUMBER request_body_len,
    NUMBER response_body_len, ${greedy(`status_code status_msg info_code info_msg filename bro_tags username password proxied
    orig_fuids orig_mime_types resp_fuids resp_mime_types`)}`,
  ),
  BRO_DNS: log(
    `${PEERS}, WORD proto, INT trans_id,
    ${greedy('query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected')}`,
  ),
  BRO_CONN: log(
    `${PEERS}, WORD proto, GREEDYDATA service, NUMBER duration, NUMBER orig_bytes, NUMBER resp_bytes,
    ${greedy(`conn_state local_orig missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents`)}`,
  ),
  BRO_FILES: log(
    `NUMBER ts, NOTSPACE fuid, IP tx_hosts, IP rx_hosts, NOTSPACE conn_uids,
    ${greedy(`source depth analyzers mime_type filename duration local_orig is_orig seen_bytes total_bytes missing_bytes
    overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted`)}`,
  ),
};

const ENDS = `NUMBER timestamp, NOTSPACE zeek.session_id, IP source.ip, INT source.port int, IP destination.ip, INT destination.port int`;
const REQUEST = `${ENDS}, INT zeek.http.trans_depth int, WORD? http.request.method, TEXT? url.domain, TEXT? url.original,
  TEXT? http.request.referrer`;
const BODIES = `NUMBER? http.request.body.bytes int, NUMBER? http.response.body.bytes int, POSINT? http.response.status_code int,
  DATA? zeek.http.status_msg, POSINT? zeek.http.info_code int, DATA? zeek.http.info_msg`;
const LOGIN = 'TEXT? url.username, TEXT? url.password, TEXT? zeek.http.proxied, TEXT? zeek.http.orig_fuids';
const QUESTION = `TEXT? dns.question.name, INT? zeek.dns.qclass int, TEXT? zeek.dns.qclass_name, INT? zeek.dns.qtype int,
  TEXT? dns.question.type, INT? zeek.dns.rcode int, TEXT? dns.response_code`;
const ANSWERS = 'TEXT? zeek.dns.answers, DATA? zeek.dns.TTLs, BOOL? zeek.dns.rejected';
const CONNECTION = `${ENDS}, WORD network.transport, TEXT? network.protocol, NUMBER? zeek.connection.duration float,
  INT? zeek.connection.orig_bytes int, INT? zeek.connection.resp_bytes int, TEXT? zeek.connection.state,
  BOOL? zeek.connection.local_orig`;
const TRAFFIC = `INT? zeek.connection.missed_bytes int, TEXT? zeek.connection.history, INT? source.packets int,
  INT? source.bytes int, INT? destination.packets int, INT? destination.bytes int`;
const FILE = `TEXT? zeek.files.session_ids, TEXT? zeek.files.source, INT? zeek.files.depth int, TEXT? zeek.files.analyzers,
  TEXT? file.mime_type, TEXT? file.name, NUMBER? zeek.files.duration float, TEXT? zeek.files.local_orig, BOOL? zeek.files.is_orig,
  INT? zeek.files.seen_bytes int, INT? file.size int, INT? zeek.files.missing_bytes int, INT? zeek.files.overflow_bytes int,
  BOOL? zeek.files.timedout, TEXT? zeek.files.parent_fuid, TEXT? file.hash.md5, TEXT? file.hash.sha1, TEXT? file.hash.sha256,
  TEXT? zeek.files.extracted`;

const hosts = (side: string, field: string): string =>
  String.raw`(?:-|%{IP:[${side}][ip]})|(?<[zeek][files][${field}]>%{IP:[${side}][ip]}(?:[\s,]%{IP})+)`;

/** A log of one product; `TEXT` and `BOOL` are its own patterns. */
const of = (product: 'BRO' | 'ZEEK', list: string): string =>
  log(list.replaceAll('TEXT', `${product}_DATA`).replaceAll('BOOL', `${product}_BOOL`));

export const zeekEcs: Patterns = {
  BRO_BOOL: '[TF]',
  BRO_DATA: String.raw`[^\t]+`,
  BRO_HTTP: of(
    'BRO',
    `${REQUEST}, TEXT? user_agent.original, ${BODIES}, TEXT? zeek.http.filename, TEXT! zeek.http.tags, ${LOGIN},
    TEXT? http.request.mime_type, TEXT? zeek.http.resp_fuids, TEXT? http.response.mime_type`,
  ),
  BRO_DNS: of(
    'BRO',
    `${ENDS}, WORD network.transport, INT? dns.id int, ${QUESTION}, BOOL? zeek.dns.AA, BOOL? zeek.dns.TC, BOOL? zeek.dns.RD,
    BOOL? zeek.dns.RA, NONNEGINT? zeek.dns.Z int, ${ANSWERS}`,
  ),
  BRO_CONN: [
    of('BRO', CONNECTION),
    TAB,
    String.raw`(?:(?:-|%{BRO_BOOL:[zeek][connection][local_resp]})\t)?`,
    of('BRO', `${TRAFFIC}, TEXT! zeek.connection.tunnel_parents`),
  ].join(''),
  BRO_FILES: of('BRO', `NUMBER timestamp, NOTSPACE zeek.files.fuid, IP? server.ip, IP? client.ip, ${FILE}`),
  ZEEK_BOOL: '[TF]',
  ZEEK_DATA: String.raw`[^\t]+`,
  ZEEK_HTTP: of(
    'ZEEK',
    `${REQUEST}, NUMBER? http.version, TEXT? user_agent.original, TEXT? zeek.http.origin, ${BODIES}, TEXT! zeek.http.tags, ${LOGIN},
    TEXT? zeek.http.orig_filenames, TEXT? http.request.mime_type, TEXT? zeek.http.resp_fuids, TEXT? zeek.http.resp_filenames,
    TEXT? http.response.mime_type`,
  ),
  ZEEK_DNS: of(
    'ZEEK',
    `${ENDS}, WORD network.transport, INT? dns.id int, NUMBER? zeek.dns.rtt float, ${QUESTION}, BOOL zeek.dns.AA, BOOL zeek.dns.TC,
    BOOL zeek.dns.RD, BOOL zeek.dns.RA, NONNEGINT zeek.dns.Z int, ${ANSWERS}`,
  ),
  ZEEK_CONN: [
    of(
      'ZEEK',
      `${CONNECTION}, BOOL? zeek.connection.local_resp, ${TRAFFIC}, TEXT? zeek.connection.tunnel_parents`,
    ),
    `(?:\\t${log('COMMONMAC? source.mac, COMMONMAC? destination.mac')})?`,
  ].join(''),
  ZEEK_FILES_TX_HOSTS: hosts('server', 'tx_hosts'),
  ZEEK_FILES_RX_HOSTS: hosts('client', 'rx_hosts'),
  ZEEK_FILES: [
    of(
      'ZEEK',
      `NUMBER timestamp, NOTSPACE zeek.files.fuid, %{ZEEK_FILES_TX_HOSTS}, %{ZEEK_FILES_RX_HOSTS}, ${FILE}`,
    ),
    `(?:\\t${of('ZEEK', 'BOOL? zeek.files.extracted_cutoff, INT? zeek.files.extracted_size int')})?`,
  ].join(''),
};
