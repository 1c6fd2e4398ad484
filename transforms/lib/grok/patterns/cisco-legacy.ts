/** Cisco's ASA, legacy set; the digits in a name are the numbers of its messages. */
import { cisco, failover } from './cisco.ts';
import { type Patterns, maybe } from './helpers.ts';

const ACTION = '%{CISCO_ACTION:action}';
const REASON = '%{CISCO_REASON:reason}';
const DIRECTION = '%{CISCO_DIRECTION:direction}';
const PROTOCOL = '%{WORD:protocol}';
const HASHES = String.raw`\[%{DATA:hashcode1}, %{DATA:hashcode2}\]`;
const ENDS = `from ${peer('src')} to ${peer('dst')}`;

function ip(side: string): string {
  return `%{IP:${side}_ip}`;
}
/** `address/port` */
function peer(side: string): string {
  return `${ip(side)}/%{INT:${side}_port}`;
}
/** An optional `(user)`. */
function user(side: string): string {
  return maybe(String.raw`\(%{DATA:${side}_fwuser}\)`);
}
/** `interface:` */
function at(side: string): string {
  return `%{DATA:${side}_interface}:`;
}
/** `interface/address(port)` */
function listed(side: string): string {
  return String.raw`%{DATA:${side}_interface}/${ip(side)}\(%{INT:${side}_port}\)`;
}
/** The optional ` (address/port)` that an address is translated to. */
function mapped(side: string): string {
  return String.raw`(?: \(%{IP:${side}_mapped_ip}/%{INT:${side}_mapped_port}\))?`;
}
function icmp(prefix = ''): string {
  return String.raw`\(type %{INT:${prefix}icmp_type}, code %{INT:${prefix}icmp_code}\)`;
}
/** An optional ` (user)`. */
const USER = String.raw`(?: \(%{DATA:user}\))?`;
const HITS = String.raw`hit-cnt %{INT:hit_count} %{CISCO_INTERVAL:interval} ${HASHES}`;

export const ciscoLegacy: Patterns = {
  ...cisco,
  ...failover('%{GREEDYDATA:switch_reason}', '%{GREEDYDATA:interface_name}'),
  CISCO_TAGGED_SYSLOG:
    '^<%{POSINT:syslog_pri}>%{CISCOTIMESTAMP:timestamp}(?: %{SYSLOGHOST:sysloghost})? ?: %%{CISCOTAG:ciscotag}:',
  CISCOFW106001: `${DIRECTION} ${PROTOCOL} connection ${ACTION} ${ENDS} flags %{GREEDYDATA:tcp_flags} on interface %{GREEDYDATA:interface}`,
  CISCOFW106006_106007_106010: `${ACTION} ${DIRECTION} ${PROTOCOL} (?:from|src) ${peer('src')}${user('src')} (?:to|dst) ${peer('dst')}${user('dst')} (?:on interface %{DATA:interface}|due to ${REASON})`,
  CISCOFW106014: `${ACTION} ${DIRECTION} ${PROTOCOL} src ${at('src')}${ip('src')}${user('src')} dst ${at('dst')}${ip('dst')}${user('dst')} ${icmp()}`,
  CISCOFW106015: String.raw`${ACTION} ${PROTOCOL} \(%{DATA:policy_id}\) ${ENDS} flags %{DATA:tcp_flags} on interface %{GREEDYDATA:interface}`,
  CISCOFW106021: `${ACTION} ${PROTOCOL} reverse path check from ${ip('src')} to ${ip('dst')} on interface %{GREEDYDATA:interface}`,
  CISCOFW106023: [
    `${ACTION}(?: protocol)? ${PROTOCOL}`,
    ...['src', 'dst'].map(
      (side) => ` ${side} ${at(side)}%{DATA:${side}_ip}(?:/%{INT:${side}_port})?${user(side)}`,
    ),
    `${maybe(` ${icmp()}`)} by access-group "?%{DATA:policy_id}"? ${HASHES}`,
  ].join(''),
  CISCOFW106100_2_3: `access-list %{NOTSPACE:policy_id} ${ACTION} ${PROTOCOL} for user '%{DATA:src_fwuser}' ${listed('src')} -> ${listed('dst')} ${HITS}`,
  // Both users are fields of the source, as in the original.
  CISCOFW106100: `access-list %{NOTSPACE:policy_id} ${ACTION} ${PROTOCOL} ${listed('src')}${user('src')} -> ${listed('dst')}${user('src')} ${HITS}`,
  CISCOFW304001: `${ip('src')}${user('src')} Accessed URL ${ip('dst')}:%{GREEDYDATA:dst_url}`,
  CISCOFW110002: `${REASON} for ${PROTOCOL} from ${at('src')}${peer('src')} to ${peer('dst')}`,
  CISCOFW302010: '%{INT:connection_count} in use, %{INT:connection_count_max} most used',
  CISCOFW302013_302014_302015_302016: [
    `${ACTION}(?: ${DIRECTION})? ${PROTOCOL} connection %{INT:connection_id}`,
    ` for ${at('src')}${peer('src')}${mapped('src')}${user('src')} to ${at('dst')}${peer('dst')}${mapped('dst')}${user('dst')}`,
    `(?: duration %{TIME:duration} bytes %{INT:bytes})?(?: ${REASON})?${USER}`,
  ].join(''),
  CISCOFW302020_302021: [
    `${ACTION}(?: ${DIRECTION})? ${PROTOCOL} connection for faddr ${ip('dst')}/%{INT:icmp_seq_num}${maybe(String.raw`\(%{DATA:fwuser}\)`)}`,
    ` gaddr ${ip('src_xlated')}/%{INT:icmp_code_xlated} laddr ${ip('src')}/%{INT:icmp_code}${USER}`,
  ].join(''),
  CISCOFW305011: `${ACTION} %{CISCO_XLATE_TYPE:xlate_type} ${PROTOCOL} translation from ${at('src')}${ip('src')}(?:/%{INT:src_port})?${user('src')} to ${at('src_xlated')}${ip('src_xlated')}/%{DATA:src_xlated_port}`,
  CISCOFW313001_313004_313008: `${ACTION} ${PROTOCOL} type=%{INT:icmp_type}, code=%{INT:icmp_code} from ${ip('src')} on interface %{DATA:interface}(?: to ${ip('dst')})?`,
  CISCOFW313005: [
    `${REASON} for ${PROTOCOL} error message: %{WORD:err_protocol}`,
    ...['src', 'dst'].map(
      (side) => ` ${side} ${at(`err_${side}`)}${ip(`err_${side}`)}${user(`err_${side}`)}`,
    ),
    String.raw` ${icmp('err_')} on %{DATA:interface} interface\.  Original IP payload: ${PROTOCOL}`,
    ...['src', 'dst'].map((side) => ` ${side} ${peer(`orig_${side}`)}${user(`orig_${side}`)}`),
  ].join(''),
  CISCOFW321001: `Resource '%{WORD:resource_name}' limit of %{POSINT:resource_limit} reached for system`,
  CISCOFW402117: String.raw`${PROTOCOL}: Received a non-IPSec packet \(protocol= %{WORD:orig_protocol}\) from ${ip('src')} to ${ip('dst')}`,
  CISCOFW402119: String.raw`${PROTOCOL}: Received an %{WORD:orig_protocol} packet \(SPI= %{DATA:spi}, sequence number= %{DATA:seq_num}\) from ${ip('src')} \(user= %{DATA:user}\) to ${ip('dst')} that failed anti-replay checking`,
  CISCOFW419001: `${ACTION} ${PROTOCOL} packet from ${at('src')}${peer('src')} to ${at('dst')}${peer('dst')}, reason: %{GREEDYDATA:reason}`,
  CISCOFW419002: `${REASON} from ${at('src')}${peer('src')} to ${at('dst')}${peer('dst')} with different initial sequence number`,
  CISCOFW500004: `${REASON} for protocol=${PROTOCOL}, ${ENDS}`,
  CISCOFW602303_602304: String.raw`${PROTOCOL}: An ${DIRECTION} %{GREEDYDATA:tunnel_type} SA \(SPI= %{DATA:spi}\) between ${ip('src')} and ${ip('dst')} \(user= %{DATA:user}\) has been ${ACTION}`,
  CISCOFW710001_710002_710003_710005_710006: `${PROTOCOL} (?:request|access) ${ACTION} from ${peer('src')} to ${at('dst')}${peer('dst')}`,
  CISCOFW713172: [
    `Group = %{GREEDYDATA:group}, IP = ${ip('src')}, Automatic NAT Detection Status:`,
    String.raw`\s+Remote end\s*%{DATA:is_remote_natted}\s*behind a NAT device\s+This\s+end\s*%{DATA:is_local_natted}\s*behind a NAT device`,
  ].join(''),
  CISCOFW733100: [
    String.raw`\[\s*%{DATA:drop_type}\s*\] drop %{DATA:drop_rate_id} exceeded.`,
    'Current burst rate is %{INT:drop_rate_current_burst} per second, max configured rate is %{INT:drop_rate_max_burst};',
    'Current average rate is %{INT:drop_rate_current_avg} per second, max configured rate is %{INT:drop_rate_max_avg};',
    'Cumulative total count is %{INT:drop_total_count}',
  ].join(' '),
};
