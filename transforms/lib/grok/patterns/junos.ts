/** The flows of a Juniper SRX. */
import type { Patterns } from './helpers.ts';

const TAG = 'RT_FLOW_SESSION_(?:CREATE|CLOSE|DENY)';

const pair = (prefix: string): string =>
  `%{IP:${prefix}src-ip}/%{INT:${prefix}src-port}->%{IP:${prefix}dst-ip}/%{INT:${prefix}dst-port}`;
const NATTED = `${pair('')} %{DATA:service} ${pair('nat-')} %{DATA:src-nat-rule-name} %{DATA:dst-nat-rule-name}`;
const ZONES = '%{DATA:policy-name} %{DATA:from-zone} %{DATA:to-zone}';

export const junosLegacy: Patterns = {
  RT_FLOW_EVENT: TAG,
  RT_FLOW1: String.raw`%{RT_FLOW_EVENT:event}: %{GREEDYDATA:close-reason}: ${NATTED} %{INT:protocol-id} ${ZONES} %{INT:session-id} [0-9]+\(%{DATA:sent}\) [0-9]+\(%{DATA:received}\) %{INT:elapsed-time} .*`,
  RT_FLOW2: `%{RT_FLOW_EVENT:event}: session created ${NATTED} %{INT:protocol-id} ${ZONES} %{INT:session-id} .*`,
  RT_FLOW3: String.raw`%{RT_FLOW_EVENT:event}: session denied ${pair('')} %{DATA:service} %{INT:protocol-id}\([0-9]\) ${ZONES} .*`,
};

const ends = (nat: string): string =>
  ['source', 'destination']
    .map((side) => `%{IP:[${side}]${nat}[ip]}/%{INT:[${side}]${nat}[port]:int}`)
    .join('->');
const TAGGED = '%{RT_FLOW_TAG:[juniper][srx][tag]}';
const SERVICE = '%{DATA:[juniper][srx][service_name]}';
const RULES = ['src', 'dst']
  .map((side) => `(?:None|%{DATA:[juniper][srx][${side}_nat_rule_name]})`)
  .join(' ');
const POLICY = '%{DATA:[rule][name]} %{DATA:[observer][ingress][zone]} %{DATA:[observer][egress][zone]}';
const SESSION = `${ends('')} ${SERVICE} ${ends('[nat]')} ${RULES} %{INT:[network][iana_number]} ${POLICY} %{INT:[juniper][srx][session_id]}`;

export const junosEcs: Patterns = {
  RT_FLOW_TAG: TAG,
  // The original has the name of the pattern here instead of the pattern.
  RT_FLOW_EVENT: '%{RT_FLOW_TAG}',
  RT_FLOW1: String.raw`${TAGGED}: %{GREEDYDATA:[juniper][srx][reason]}: ${SESSION} [0-9]+\(%{INT:[source][bytes]:int}\) [0-9]+\(%{INT:[destination][bytes]:int}\) %{INT:[juniper][srx][elapsed_time]:int} .*`,
  RT_FLOW2: `${TAGGED}: session created ${SESSION} .*`,
  RT_FLOW3: String.raw`${TAGGED}: session denied ${ends('')} ${SERVICE} %{INT:[network][iana_number]}\([0-9]\) ${POLICY} .*`,
};
