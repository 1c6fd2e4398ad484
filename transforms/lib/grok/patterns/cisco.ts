/** Cisco's ASA: the patterns of both sets. */
import type { Patterns } from './helpers.ts';

export const cisco: Patterns = {
  CISCOTIMESTAMP: '%{MONTH} +%{MONTHDAY}(?: %{YEAR})? %{TIME}',
  CISCOTAG: '[A-Z0-9]+-%{INT}-(?:[A-Z0-9_]+)',
  CISCO_ACTION:
    'Built|Teardown|Deny|Denied|denied|requested|permitted|denied by ACL|discarded|est-allowed|Dropping|created|deleted',
  CISCO_REASON: String.raw`Duplicate TCP SYN|Failed to locate egress interface|Invalid transport field|No matching connection|DNS Response|DNS Query|(?:\w[\w\s]*)?`,
  CISCO_DIRECTION: '[Ii]nbound|[Oo]utbound',
  CISCO_INTERVAL: 'first hit|%{INT}-second interval',
  CISCO_XLATE_TYPE: 'static|dynamic',
  CISCOFW104003: String.raw`\((?:Primary|Secondary)\) Switching to FAILED\.`,
  CISCOFW104004: String.raw`\((?:Primary|Secondary)\) Switching to OK\.`,
};

/** Failover messages, by their numbers. */
export function failover(reason: string, name: string): Patterns {
  const unit = String.raw`\((?:Primary|Secondary)\)`;
  return {
    CISCOFW104001: `${unit} Switching to ACTIVE - ${reason}`,
    CISCOFW104002: `${unit} Switching to STANDBY - ${reason}`,
    CISCOFW105003: `${unit} Monitoring on [Ii]nterface ${name} waiting`,
    CISCOFW105004: `${unit} Monitoring on [Ii]nterface ${name} normal`,
    CISCOFW105005: `${unit} Lost Failover communications with mate on [Ii]nterface ${name}`,
    CISCOFW105008: `${unit} Testing [Ii]nterface ${name}`,
    CISCOFW105009: `${unit} Testing on [Ii]nterface ${name} (?:Passed|Failed)`,
  };
}
