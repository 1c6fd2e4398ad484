/** Cisco's ASA, ECS set; the digits in a name are the numbers of its messages. */
import { cisco, failover } from './cisco.ts';
import { type Patterns, maybe } from './helpers.ts';

/** `NAME:[cisco][asa]…` */
function asa(name: string, keys: string, type = ''): string {
  return `%{${name}:[cisco][asa]${keys}${type}}`;
}
type Side = 'source' | 'destination';

const ACTION = asa('CISCO_ACTION', '[outcome]');
const REASON = '%{CISCO_REASON:[event][reason]}';
const DIRECTION = asa('CISCO_DIRECTION', '[network][direction]');
const TRANSPORT = asa('WORD', '[network][transport]');
const TYPE = asa('WORD', '[network][type]');
const RULE = asa('DATA', '[rule_name]');
const SPI = asa('DATA', '[ipsec][spi]');
/** Not a field: Logstash keeps it in `[@metadata]`, which it does not write anywhere. */
const HASHES = String.raw`\[%{DATA}, %{DATA}\]`;
const OUTGOING = 'on interface %{NOTSPACE:[observer][egress][interface][name]}';
const ICMP = String.raw`\(type ${asa('INT', '[icmp_type]', ':int')}, code ${asa('INT', '[icmp_code]', ':int')}\)`;
const TAGGED_USER = String.raw`\(user=\s?%{DATA:[source][user][name]}\)`;
const ENDS = `from ${peer('source')} to ${peer('destination')}`;
const ADDRESSES = `from ${ip('source')} to ${ip('destination')}`;

function ip(side: Side): string {
  return `%{IP:[${side}][ip]}`;
}
/** `address/port` */
function peer(side: Side): string {
  return `${ip(side)}/%{INT:[${side}][port]:int}`;
}
/** An optional `(user)`. */
function user(side: Side): string {
  return maybe(String.raw`\(%{DATA:[${side}][user][name]}\)`);
}
/** `interface:` */
function at(side: Side, name = 'DATA'): string {
  return `%{${name}:[observer][${side === 'source' ? 'ingress' : 'egress'}][interface][name]}:`;
}
/** `interface/address(port)` */
function listed(side: Side): string {
  return String.raw`${at(side).slice(0, -1)}/${ip(side)}\(%{INT:[${side}][port]:int}\)`;
}
/** The optional ` (address/port)` that an address is translated to. */
function mapped(side: Side): string {
  return String.raw`(?: \(%{IP:[${side}][nat][ip]}/%{INT:[${side}][nat][port]:int}\))?`;
}
/** An address or a name, with an optional port and user. */
function host(side: Side): string {
  return `${at(side, 'NOTSPACE')}(?:${ip(side)}|%{HOSTNAME:[${side}][address]})(?:/%{INT:[${side}][port]:int})?${user(side)}`;
}
/** An endpoint of the packet in a message. */
function original(side: Side): string {
  const keys = `[original_ip_payload][${side}]`;
  return `${asa('IP', `${keys}[ip]`)}/${asa('INT', `${keys}[port]`, ':int')}${maybe(String.raw`\(${asa('DATA', `${keys}[user][name]`)}\)`)}`;
}
const rate = (name: string): string => asa('INT', `[burst][${name}]`, ':int');

export const ciscoEcs: Patterns = {
  ...cisco,
  ...failover('%{GREEDYDATA:[event][reason]}', '%{NOTSPACE:[network][interface][name]}'),
  CISCO_TAGGED_SYSLOG:
    '^<%{POSINT:[log][syslog][priority]:int}>%{CISCOTIMESTAMP:timestamp}(?: %{SYSLOGHOST:[host][hostname]})? ?: %%{CISCOTAG:[cisco][asa][tag]}:',
  CISCO_HITCOUNT_INTERVAL: `hit-cnt ${asa('INT', '[hit_count]', ':int')} (?:first hit|${asa('INT', '[interval]', ':int')}-second interval)`,
  CISCO_SRC_IP_USER: `${at('source', 'NOTSPACE')}${ip('source')}${user('source')}`,
  CISCO_DST_IP_USER: `${at('destination', 'NOTSPACE')}${ip('destination')}${user('destination')}`,
  CISCO_SRC_HOST_PORT_USER: host('source'),
  CISCO_DST_HOST_PORT_USER: host('destination'),
  CISCOFW106001: `${DIRECTION} ${TRANSPORT} connection ${ACTION} ${ENDS} flags ${asa('DATA', '[tcp_flags]')} ${OUTGOING}`,
  CISCOFW106006_106007_106010: `${ACTION} ${DIRECTION} ${TRANSPORT} (?:from|src) ${peer('source')}${user('source')} (?:to|dst) ${peer('destination')}${user('destination')} (?:${OUTGOING}|due to ${REASON})`,
  CISCOFW106014: String.raw`${ACTION} ${DIRECTION} ${TRANSPORT} src %{CISCO_SRC_IP_USER} dst %{CISCO_DST_IP_USER}\s?${ICMP}`,
  CISCOFW106015: String.raw`${ACTION} ${TRANSPORT} \(${RULE}\) ${ENDS} flags ${asa('DATA', '[tcp_flags]')} ${OUTGOING}`,
  CISCOFW106021: `${ACTION} ${TRANSPORT} reverse path check ${ADDRESSES} ${OUTGOING}`,
  CISCOFW106023: `${ACTION}(?: protocol)? ${TRANSPORT} src %{CISCO_SRC_HOST_PORT_USER} dst %{CISCO_DST_HOST_PORT_USER}${maybe(` ${ICMP}`)} by access-group "?${RULE}"? ${HASHES}`,
  CISCOFW106100_2_3: `access-list ${asa('NOTSPACE', '[rule_name]')} ${ACTION} ${TRANSPORT} for user '%{DATA:[user][name]}' ${listed('source')} -> ${listed('destination')} %{CISCO_HITCOUNT_INTERVAL} ${HASHES}`,
  // Both users are fields of the source, as in the original.
  CISCOFW106100: `access-list ${asa('NOTSPACE', '[rule_name]')} ${ACTION} ${TRANSPORT} ${listed('source')}${user('source')} -> ${listed('destination')}${user('source')} hit-cnt ${asa('INT', '[hit_count]', ':int')} %{CISCO_INTERVAL} ${HASHES}`,
  CISCOFW304001: `${ip('source')}${user('source')} Accessed URL ${ip('destination')}:%{GREEDYDATA:[url][original]}`,
  CISCOFW110002: `${REASON} for ${TRANSPORT} from ${at('source')}${peer('source')} to ${peer('destination')}`,
  CISCOFW302010: `${asa('INT', '[connections][in_use]', ':int')} in use, ${asa('INT', '[connections][most_used]', ':int')} most used`,
  // The source's user is in its name field; in the original that field's name has a question mark.
  CISCOFW302013_302014_302015_302016: [
    `${ACTION}(?: ${DIRECTION})? ${TRANSPORT} connection ${asa('INT', '[connection_id]')}`,
    ` for ${at('source', 'NOTSPACE')}${peer('source')}${mapped('source')}${user('source')}`,
    ` to ${at('destination', 'NOTSPACE')}${peer('destination')}${mapped('destination')}${user('destination')}`,
    `(?: duration ${asa('TIME', '[duration]')} bytes %{INT:[network][bytes]:int})?(?: ${REASON})?${maybe(String.raw` \(%{DATA:[user][name]}\)`)}`,
  ].join(''),
  CISCOFW302020_302021: [
    `${ACTION}(?: ${DIRECTION})? ${TRANSPORT} connection for faddr ${ip('destination')}/${asa('INT', '[icmp_seq]', ':int')}${user('destination')}`,
    ` gaddr %{IP:[source][nat][ip]}/${asa('INT', '[icmp_type]', ':int')} laddr ${ip('source')}/%{INT}${maybe(String.raw` \(%{DATA:[source][user][name]}\)`)}`,
  ].join(''),
  CISCOFW305011: `${ACTION} %{CISCO_XLATE_TYPE} ${TRANSPORT} translation from ${at('source')}${ip('source')}(?:/%{INT:[source][port]:int})?${user('source')} to ${at('destination')}${peer('destination')}`,
  CISCOFW313001_313004_313008: `${ACTION} ${TRANSPORT} type=${asa('INT', '[icmp_type]', ':int')}, code=${asa('INT', '[icmp_code]', ':int')} from ${ip('source')} ${OUTGOING}(?: to ${ip('destination')})?`,
  CISCOFW313005: [
    String.raw`${REASON} for ${TRANSPORT} error message: %{WORD} src %{CISCO_SRC_IP_USER} dst %{CISCO_DST_IP_USER} ${ICMP} on %{NOTSPACE} interface\.`,
    String.raw`\s+Original IP payload: ${asa('WORD', '[original_ip_payload][network][transport]')} src ${original('source')} dst ${original('destination')}`,
  ].join(''),
  CISCOFW321001: `Resource '${asa('DATA', '[resource][name]')}' limit of ${asa('POSINT', '[resource][limit]', ':int')} reached for system`,
  CISCOFW402117: String.raw`${TYPE}: Received a non-IPSec packet \(protocol=\s?${TRANSPORT}\) ${ADDRESSES}\.?`,
  CISCOFW402119: String.raw`${TYPE}: Received an ${asa('WORD', '[ipsec][protocol]')} packet \(SPI=\s?${SPI}, sequence number=\s?${asa('DATA', '[ipsec][seq_num]')}\) from ${ip('source')} ${TAGGED_USER} to ${ip('destination')} that failed anti-replay checking\.?`,
  CISCOFW419001: `${ACTION} ${TRANSPORT} packet from ${at('source', 'NOTSPACE')}${peer('source')} to ${at('destination', 'NOTSPACE')}${peer('destination')}, reason: %{GREEDYDATA:[event][reason]}`,
  CISCOFW419002: `${REASON} from ${at('source')}${peer('source')} to ${at('destination')}${peer('destination')} with different initial sequence number`,
  CISCOFW500004: `${REASON} for protocol=${TRANSPORT}, ${ENDS}`,
  CISCOFW602303_602304: String.raw`${TYPE}: An ${DIRECTION} ${asa('DATA', '[ipsec][tunnel_type]')} SA \(SPI=\s?${SPI}\) between ${ip('source')} and ${ip('destination')} ${TAGGED_USER} has been ${ACTION}`,
  CISCOFW710001_710002_710003_710005_710006: `${TRANSPORT} (?:request|access) ${ACTION} from ${peer('source')} to ${at('destination')}${peer('destination')}`,
  CISCOFW713172: String.raw`Group = ${asa('DATA', '[source][group]')}, IP = ${ip('source')}, Automatic NAT Detection Status:\s+Remote end\s*%{DATA}\s*behind a NAT device\s+This\s+end\s*%{DATA}\s*behind a NAT device`,
  CISCOFW733100: [
    String.raw`\[\s*${asa('DATA', '[burst][object]')}\s*\] drop ${asa('DATA', '[burst][id]')} exceeded.`,
    `Current burst rate is ${rate('current_rate')} per second, max configured rate is ${rate('configured_rate')};`,
    `Current average rate is ${rate('avg_rate')} per second, max configured rate is ${rate('configured_avg_rate')};`,
    `Cumulative total count is ${rate('cumulative_count')}`,
  ].join(' '),
};
