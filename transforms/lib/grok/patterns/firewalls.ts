/** NetScreen, iptables, Shorewall, SuSE's firewall. */
import type { Patterns } from './helpers.ts';

/** `key=` and its value. */
const legacy = (key: string, name: string, field: string): string => `${key}=%{${name}:nf_${field}}`;

export const firewallsLegacy: Patterns = {
  NETSCREENSESSIONLOG: [
    '%{SYSLOGTIMESTAMP:date} %{IPORHOST:device} %{IPORHOST}: NetScreen device_id=%{WORD:device_id}%{DATA}:',
    'start_time=%{QUOTEDSTRING:start_time} duration=%{INT:duration} policy_id=%{INT:policy_id} service=%{DATA:service}',
    'proto=%{INT:proto} src zone=%{WORD:src_zone} dst zone=%{WORD:dst_zone} action=%{WORD:action} sent=%{INT:sent} rcvd=%{INT:rcvd}',
    'src=%{IPORHOST:src_ip} dst=%{IPORHOST:dst_ip} src_port=%{INT:src_port} dst_port=%{INT:dst_port}',
    'src-xlated ip=%{IPORHOST:src_xlated_ip} port=%{INT:src_xlated_port} dst-xlated ip=%{IPORHOST:dst_xlated_ip} port=%{INT:dst_xlated_port}',
    'session_id=%{INT:session_id} reason=%{GREEDYDATA:reason}',
  ].join(' '),
  SHOREWALL: [
    '%{SYSLOGTIMESTAMP:timestamp} %{WORD:nf_host} ',
    'Shorewall:%{WORD:nf_action1}?:%{WORD:nf_action2}?',
    'IN=%{USERNAME:nf_in_interface}?',
    `(?:OUT= *MAC=%{COMMONMAC:nf_dst_mac}:%{COMMONMAC:nf_src_mac}?|${legacy('OUT', 'USERNAME', 'out_interface')})`,
    legacy('SRC', 'IPV4', 'src_ip'),
    legacy('DST', 'IPV4', 'dst_ip'),
    legacy('LEN', 'WORD', 'len'),
    legacy('TOS', 'WORD', 'tos'),
    legacy('PREC', 'WORD', 'prec'),
    legacy('TTL', 'INT', 'ttl'),
    legacy('ID', 'INT', 'id'),
    legacy('PROTO', 'WORD', 'protocol'),
    'SPT=%{INT:nf_src_port}?',
    'DPT=%{INT:nf_dst_port}?',
    '',
  ].join('.*'),
  SFW2: [
    String.raw`(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})\s*%{HOSTNAME}\s*kernel\S+\s*(?:%{NAGIOSTIME}\s*)?`,
    String.raw`SFW2-INext-%{NOTSPACE:nf_action}\s*IN=%{USERNAME:nf_in_interface}.*OUT=(?:\s*%{USERNAME:nf_out_interface})?`,
    String.raw`\s*MAC=(?:%{COMMONMAC:nf_dst_mac}:%{COMMONMAC:nf_src_mac}|\s*).*SRC=%{IP:nf_src_ip}\s*DST=%{IP:nf_dst_ip}`,
    '.*PROTO=%{WORD:nf_protocol}(?:.*SPT=%{INT:nf_src_port}.*DPT=%{INT:nf_dst_port}.*|)',
  ].join(''),
};

/** `key=` and an optional value. */
const value = (key: string, name: string, field: string): string => `${key}=%{${name}:${field}}?`;
/** `key=` and an optional `0x` with hexadecimal digits. */
const bits = (key: string, field: string): string => `${key}=(?:0x%{BASE16NUM:${field}})?`;
/** The type of a service: 0, or `0x` with hexadecimal digits. */
const service = (key: string): string => `${key}=(?:0|0x%{BASE16NUM:[iptables][tos]})?`;
const spaced = (...parts: readonly string[]): string => parts.join(String.raw`\s+`);

export const firewallsEcs: Patterns = {
  NETSCREENSESSIONLOG: [
    '%{SYSLOGTIMESTAMP:timestamp} %{IPORHOST:[observer][hostname]} %{NOTSPACE:[observer][name]}: (?<[observer][product]>NetScreen)',
    String.raw` device_id=%{WORD:[netscreen][device_id]} .*?(?:system-\w+-%{NONNEGINT:[event][code]}\(%{WORD:[netscreen][session][type]}\))?:`,
    ' start_time="%{DATA:[netscreen][session][start_time]}" duration=%{INT:[netscreen][session][duration]:int}',
    ' policy_id=%{INT:[netscreen][policy_id]} service=%{DATA:[netscreen][service]} proto=%{INT:[netscreen][protocol_number]:int}',
    ' src zone=%{WORD:[observer][ingress][zone]} dst zone=%{WORD:[observer][egress][zone]} action=%{WORD:[event][action]}',
    ' sent=%{INT:[source][bytes]:int} rcvd=%{INT:[destination][bytes]:int} src=%{IPORHOST:[source][address]}',
    ' dst=%{IPORHOST:[destination][address]}(?: src_port=%{INT:[source][port]:int} dst_port=%{INT:[destination][port]:int})?',
    '(?: src-xlated ip=%{IP:[source][nat][ip]} port=%{INT:[source][nat][port]:int}',
    ' dst-xlated ip=%{IP:[destination][nat][ip]} port=%{INT:[destination][nat][port]:int})?',
    '(?: session_id=%{INT:[netscreen][session][id]} reason=%{GREEDYDATA:[netscreen][session][reason]})?',
  ].join(''),
  IPTABLES_TCP_FLAGS: '(?:(?:CWR|ECE|URG|ACK|PSH|RST|SYN|FIN) )*',
  IPTABLES_TCP_PART: [
    String.raw`(?:SEQ=%{INT:[iptables][tcp][seq]:int}\s+)?(?:ACK=%{INT:[iptables][tcp][ack]:int}\s+)?`,
    spaced(
      'WINDOW=%{INT:[iptables][tcp][window]:int}',
      'RES=0x%{BASE16NUM:[iptables][tcp_reserved_bits]}',
      '%{IPTABLES_TCP_FLAGS:[iptables][tcp][flags]}',
    ),
  ].join(''),
  // At most one matches: the original requires a space before each, and does not consume it.
  IPTABLES4_FRAG: '(?:(?<= )(?:CE|DF|MF))?',
  IPTABLES4_PART: [
    spaced(
      'SRC=%{IPV4:[source][ip]}',
      'DST=%{IPV4:[destination][ip]}',
      value('LEN', 'INT', '[iptables][length]:int'),
      service('TOS'),
      bits('PREC', '[iptables][precedence_bits]'),
      value('TTL', 'INT', '[iptables][ttl]:int'),
      value('ID', 'INT', '[iptables][id]'),
      '%{IPTABLES4_FRAG:[iptables][fragment_flags]}?',
    ),
    String.raw`(?:\s+FRAG: %{INT:[iptables][fragment_offset]:int})?`,
  ].join(''),
  IPTABLES6_PART: spaced(
    'SRC=%{IPV6:[source][ip]}',
    'DST=%{IPV6:[destination][ip]}',
    value('LEN', 'INT', '[iptables][length]:int'),
    service('TC'),
    value('HOPLIMIT', 'INT', '[iptables][ttl]:int'),
    value('FLOWLBL', 'INT', '[iptables][flow_label]'),
  ),
  IPTABLES: [
    spaced(
      'IN=%{NOTSPACE:[observer][ingress][interface][name]}?',
      'OUT=%{NOTSPACE:[observer][egress][interface][name]}?',
      String.raw`(?:MAC=%{COMMONMAC:[destination][mac]}?(?::%{COMMONMAC:[source][mac]})?(?::[A-Fa-f0-9]{2}:[A-Fa-f0-9]{2})?\s+)?`,
    ),
    '(?::?%{IPTABLES4_PART}|%{IPTABLES6_PART}).*?',
    spaced(
      'PROTO=%{WORD:[network][transport]}?',
      'SPT=%{INT:[source][port]:int}?',
      'DPT=%{INT:[destination][port]:int}?',
      '%{IPTABLES_TCP_PART}?',
    ),
  ].join(''),
  SHOREWALL:
    '%{SYSLOGTIMESTAMP:timestamp} %{WORD:[observer][hostname]} .*Shorewall:%{WORD:[shorewall][firewall][type]}?:%{WORD:[shorewall][firewall][action]}?.*%{IPTABLES}',
  SFW2_LOG_PREFIX: 'SFW2-INext-%{NOTSPACE:[suse][firewall][action]}',
  SFW2: String.raw`(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})\s*%{HOSTNAME:[observer][hostname]}.*?%{SFW2_LOG_PREFIX:[suse][firewall][log_prefix]}\s*%{IPTABLES}`,
};
