import { awsEcs, awsLegacy } from './patterns/aws.ts';
import { baculaEcs, baculaLegacy } from './patterns/bacula.ts';
import { baseEcs, baseLegacy } from './patterns/base.ts';
import { ciscoEcs } from './patterns/cisco-ecs.ts';
import { ciscoLegacy } from './patterns/cisco-legacy.ts';
import { databasesEcs, databasesLegacy } from './patterns/databases.ts';
import { eximEcs, eximLegacy } from './patterns/exim.ts';
import { firewallsEcs, firewallsLegacy } from './patterns/firewalls.ts';
import { haproxyEcs, haproxyLegacy } from './patterns/haproxy.ts';
import type { Patterns } from './patterns/helpers.ts';
import { httpdEcs, httpdLegacy } from './patterns/httpd.ts';
import { javaEcs, javaLegacy } from './patterns/java.ts';
import { junosEcs, junosLegacy } from './patterns/junos.ts';
import { nagiosEcs, nagiosLegacy } from './patterns/nagios.ts';
import { rubyEcs, rubyLegacy } from './patterns/ruby.ts';
import { serversEcs, serversLegacy } from './patterns/servers.ts';
import { syslogEcs, syslogLegacy } from './patterns/syslog.ts';
import { zeekEcs, zeekLegacy } from './patterns/zeek.ts';

/** The known patterns by purpose: those of Logstash's legacy set, and those of its ECS set. */
export const grokFamilies: Readonly<Record<string, readonly [legacy: Patterns, ecs: Patterns]>> = {
  'Numbers, words, addresses, paths, times': [baseLegacy, baseEcs],
  'Syslog and cron': [syslogLegacy, syslogEcs],
  'Apache httpd': [httpdLegacy, httpdEcs],
  'Java and Tomcat': [javaLegacy, javaEcs],
  'Ruby, Rails and MCollective': [rubyLegacy, rubyEcs],
  'MongoDB, PostgreSQL and Redis': [databasesLegacy, databasesEcs],
  'BIND, Squid and Maven': [serversLegacy, serversEcs],
  HAProxy: [haproxyLegacy, haproxyEcs],
  Exim: [eximLegacy, eximEcs],
  'Amazon S3, ELB and CloudFront': [awsLegacy, awsEcs],
  'Zeek and Bro': [zeekLegacy, zeekEcs],
  'Cisco ASA': [ciscoLegacy, ciscoEcs],
  'NetScreen, iptables, Shorewall and SuSE': [firewallsLegacy, firewallsEcs],
  'Juniper SRX': [junosLegacy, junosEcs],
  Nagios: [nagiosLegacy, nagiosEcs],
  Bacula: [baculaLegacy, baculaEcs],
};

const setOf = (which: 0 | 1): Patterns =>
  Object.assign({}, ...Object.values(grokFamilies).map((family) => family[which])) as Patterns;

/** Logstash's legacy set: `%{IP:clientip}` and other fields at the top level. */
export const grokPatterns: Patterns = setOf(0);

/** Logstash's set for the Elastic Common Schema, version 1: fields in objects, with types. */
export const ecsGrokPatterns: Patterns = setOf(1);
