/** Lines of real programs, and their fields in Logstash: with the legacy set, and with the ECS set. */
import { describe, expect, it } from 'vitest';
import { testTransform } from 'logweir/testing';
import parseGrok from '../../transforms/parse-grok.ts';

async function fieldsOf(name: string, message: string, ecs?: 'disabled' | 'v1' | 'v8'): Promise<unknown> {
  const run = await testTransform(parseGrok, {
    patterns: `^%{${name}}$`,
    target: 'found',
    ...(ecs === undefined ? {} : { ecs_compatibility: ecs }),
  });
  const [event] = await run({ message });
  return event?.['found'];
}

/** A line, its fields with the legacy set, and with the ECS set; undefined if the set lacks the name. */
const lines: readonly [name: string, line: string, legacy: unknown, ecs: unknown][] = [
  [
    'HTTPD_COMBINEDLOG',
    '203.0.113.7 - ada [22/Nov/2026:08:26:41 +0000] "GET /cart?x=1 HTTP/1.1" 200 5316 "-" "curl/8"',
    {
      clientip: '203.0.113.7',
      ident: '-',
      auth: 'ada',
      timestamp: '22/Nov/2026:08:26:41 +0000',
      verb: 'GET',
      request: '/cart?x=1',
      httpversion: '1.1',
      response: '200',
      bytes: '5316',
      referrer: '"-"',
      agent: '"curl/8"',
    },
    {
      source: { address: '203.0.113.7' },
      user: { name: 'ada' },
      timestamp: '22/Nov/2026:08:26:41 +0000',
      http: {
        request: { method: 'GET' },
        version: '1.1',
        response: { status_code: 200, body: { bytes: 5316 } },
      },
      url: { original: '/cart?x=1' },
      user_agent: { original: 'curl/8' },
    },
  ],
  [
    'HTTPD_ERRORLOG',
    '[Sun Nov 22 08:26:41.123456 2026] [proxy:error] [pid 71:tid 140] (111)Connection refused: [client 203.0.113.7:5150] AH00957: no answer',
    {
      timestamp: 'Sun Nov 22 08:26:41.123456 2026',
      module: 'proxy',
      loglevel: 'error',
      pid: '71',
      tid: '140',
      proxy_errorcode: '111',
      proxy_message: 'Connection refused',
      clientip: '203.0.113.7',
      clientport: '5150',
      errorcode: 'AH00957',
      message: 'no answer',
    },
    {
      timestamp: 'Sun Nov 22 08:26:41.123456 2026',
      apache: {
        error: { module: 'proxy', proxy: { error: { code: '111', message: 'Connection refused' } } },
      },
      log: { level: 'error' },
      process: { pid: 71, thread: { id: 140 } },
      source: { address: '203.0.113.7', port: 5150 },
      error: { code: 'AH00957' },
      message: 'no answer',
    },
  ],
  [
    'SYSLOGPAMSESSION',
    'Nov 22 08:26:41 web-1 sshd[71]: pam_unix(sshd:session): session opened for user ada by (uid=0)',
    {
      timestamp: 'Nov 22 08:26:41',
      logsource: 'web-1',
      program: 'sshd',
      pid: '71',
      message: 'pam_unix(sshd:session): session opened for user ada by (uid=0)',
      pam_module: 'pam_unix',
      pam_caller: 'sshd:session',
      pam_session_state: 'opened',
      username: 'ada',
      pam_by: '(uid=0)',
    },
    {
      timestamp: 'Nov 22 08:26:41',
      host: { hostname: 'web-1' },
      process: { name: 'sshd', pid: 71 },
      message: 'pam_unix(sshd:session): session opened for user ada by (uid=0)',
      system: { auth: { pam: { module: 'pam_unix', origin: 'sshd:session', session_state: 'opened' } } },
      user: { name: 'ada' },
    },
  ],
  [
    'SYSLOG5424LINE',
    '<165>1 2026-11-22T08:26:41.003Z web-1 shop 71 ID47 [a@1 b="c"] it works',
    {
      syslog5424_pri: '165',
      syslog5424_ver: '1',
      syslog5424_ts: '2026-11-22T08:26:41.003Z',
      syslog5424_host: 'web-1',
      syslog5424_app: 'shop',
      syslog5424_proc: '71',
      syslog5424_msgid: 'ID47',
      syslog5424_sd: '[a@1 b="c"]',
      syslog5424_msg: 'it works',
    },
    {
      log: { syslog: { priority: 165 } },
      system: { syslog: { version: '1', structured_data: '[a@1 b="c"]' } },
      timestamp: '2026-11-22T08:26:41.003Z',
      host: { hostname: 'web-1' },
      process: { name: 'shop', pid: 71 },
      event: { code: 'ID47' },
      message: 'it works',
    },
  ],
  [
    'CRONLOG',
    'Nov 22 08:26:41 web-1 CRON[71]: (root) CMD (run-parts /etc/cron.hourly)',
    {
      timestamp: 'Nov 22 08:26:41',
      logsource: 'web-1',
      program: 'CRON',
      pid: '71',
      user: 'root',
      action: 'CMD',
      message: 'run-parts /etc/cron.hourly',
    },
    {
      timestamp: 'Nov 22 08:26:41',
      host: { hostname: 'web-1' },
      process: { name: 'CRON', pid: 71 },
      user: { name: 'root' },
      system: { cron: { action: 'CMD' } },
      message: 'run-parts /etc/cron.hourly',
    },
  ],
  [
    'HAPROXYTCP',
    'Nov 22 08:26:41 lb-1 haproxy[71]: 203.0.113.7:5150 [22/Nov/2026:08:26:41.655] in out/db-1 0/1/5007 212 -- 2/1/1/1/0 0/0',
    expect.objectContaining({
      client_ip: '203.0.113.7',
      accept_date: '22/Nov/2026:08:26:41.655',
      haproxy_time: '08:26:41',
      haproxy_second: '41',
      haproxy_milliseconds: '655',
      server_name: 'db-1',
      time_duration: '5007',
      retries: '0',
    }),
    expect.objectContaining({
      source: { address: '203.0.113.7', port: 5150, bytes: 212 },
      haproxy: expect.objectContaining({
        request_date: '22/Nov/2026:08:26:41.655',
        frontend_name: 'in',
        backend_name: 'out',
        server_name: 'db-1',
        connections: { active: 2, frontend: 1, backend: 1, server: 1, retries: 0 },
      }) as unknown,
    }),
  ],
  [
    'CISCOFW106015',
    'Deny TCP (no connection) from 203.0.113.7/443 to 198.51.100.4/5150 flags FIN ACK on interface outside',
    {
      action: 'Deny',
      protocol: 'TCP',
      policy_id: 'no connection',
      src_ip: '203.0.113.7',
      src_port: '443',
      dst_ip: '198.51.100.4',
      dst_port: '5150',
      tcp_flags: 'FIN ACK',
      interface: 'outside',
    },
    {
      cisco: {
        asa: {
          outcome: 'Deny',
          network: { transport: 'TCP' },
          rule_name: 'no connection',
          tcp_flags: 'FIN ACK',
        },
      },
      source: { ip: '203.0.113.7', port: 443 },
      destination: { ip: '198.51.100.4', port: 5150 },
      observer: { egress: { interface: { name: 'outside' } } },
    },
  ],
  [
    'CISCOFW302013_302014_302015_302016',
    'Teardown TCP connection 71 for in:203.0.113.7/443(ada) to out:198.51.100.4/80 duration 0:00:12 bytes 58 TCP FINs',
    expect.objectContaining({ src_fwuser: 'ada', duration: '0:00:12', bytes: '58', reason: 'TCP FINs' }),
    expect.objectContaining({
      source: { ip: '203.0.113.7', port: 443, user: { name: 'ada' } },
      network: { bytes: 58 },
      event: { reason: 'TCP FINs' },
    }),
  ],
  [
    'CISCOFW106023',
    'Deny tcp src in:203.0.113.7/443 dst out:198.51.100.4/80 by access-group "acl" [0x1, 0x0]',
    expect.objectContaining({ policy_id: 'acl', hashcode1: '0x1', hashcode2: '0x0' }),
    // Logstash keeps the hash codes in [@metadata], which it does not write.
    {
      cisco: { asa: { outcome: 'Deny', network: { transport: 'tcp' }, rule_name: 'acl' } },
      source: { ip: '203.0.113.7', port: 443 },
      destination: { ip: '198.51.100.4', port: 80 },
      observer: { ingress: { interface: { name: 'in' } }, egress: { interface: { name: 'out' } } },
    },
  ],
  [
    'NAGIOS_HOST_ALERT',
    'HOST ALERT: web-1;DOWN;HARD;3;no answer',
    {
      nagios_type: 'HOST ALERT',
      nagios_hostname: 'web-1',
      nagios_state: 'DOWN',
      nagios_statelevel: 'HARD',
      nagios_attempt: '3',
      nagios_message: 'no answer',
    },
    {
      nagios: { log: { type: 'HOST ALERT', state_type: 'HARD', attempt: 3 } },
      host: { hostname: 'web-1' },
      service: { state: 'DOWN' },
      message: 'no answer',
    },
  ],
  [
    'BACULA_LOGLINE',
    '22-Nov 08:26 bkp-dir JobId 71: Pruned 3 Jobs for client web-1 from catalog.',
    { bts: '22-Nov 08:26', hostname: 'bkp-dir', jobid: '71', client: 'web-1' },
    {
      timestamp: '22-Nov 08:26',
      host: { hostname: 'bkp-dir' },
      bacula: { job: { id: '71' }, client: { name: 'web-1' } },
    },
  ],
  [
    'RT_FLOW3',
    'RT_FLOW_SESSION_DENY: session denied 203.0.113.7/443->198.51.100.4/80 junos-http 6(0) deny-all trust untrust x',
    expect.objectContaining({ 'src-ip': '203.0.113.7', 'policy-name': 'deny-all', 'to-zone': 'untrust' }),
    expect.objectContaining({ rule: { name: 'deny-all' }, network: { iana_number: '6' } }),
  ],
  [
    'RUBY_LOGGER',
    'I, [2026-11-22T08:26:41.12 #71]  INFO -- shop: it works',
    {
      timestamp: '2026-11-22T08:26:41.12',
      pid: '71',
      loglevel: 'INFO',
      progname: 'shop',
      message: 'it works',
    },
    {
      timestamp: '2026-11-22T08:26:41.12',
      process: { pid: 71, name: 'shop' },
      log: { level: 'INFO' },
      message: 'it works',
    },
  ],
  [
    'MONGO_SLOWQUERY',
    'query shop.carts query: { id: 7 } ntoreturn:1 ntoskip:0 nscanned:9 keyUpdates:0 nreturned:1 reslen:20 211ms',
    expect.objectContaining({ database: 'shop', query: '{ id: 7 }', ntoreturn: '1', duration: '211' }),
    {
      mongodb: {
        database: 'shop',
        collection: 'carts',
        query: { original: '{ id: 7 }' },
        profile: { op: 'query', ntoreturn: 1, ntoskip: 0, nscanned: 9, nreturned: 1, duration: 211 },
      },
    },
  ],
  [
    'SQUID3',
    '1795335201.123    71 203.0.113.7 TCP_MISS/200 5316 GET http://shop.example/ - DIRECT/198.51.100.4 text/html',
    expect.objectContaining({
      timestamp: '1795335201.123',
      duration: '71',
      user: '-',
      server: '198.51.100.4',
    }),
    expect.objectContaining({ squid: { request: { duration: 71 }, hierarchy_code: 'DIRECT' } }),
  ],
  [
    'TOMCATLOG',
    '22-Nov-2026 08:26:41.123 INFO [main] org.apache.Catalina.start Server startup in 71 ms',
    undefined,
    {
      timestamp: '22-Nov-2026 08:26:41.123',
      log: { level: 'INFO', origin: { function: 'start' } },
      java: { log: { origin: { thread: { name: 'main' }, class: { name: 'org.apache.Catalina' } } } },
      message: 'Server startup in 71 ms',
    },
  ],
  [
    'BRO_FILES',
    '1795335201.1 F1 203.0.113.7 198.51.100.4 C1 HTTP 0 - text/html - 0.5 - F 20 30 0 0 F - - ab12 - -'.replaceAll(
      ' ',
      '\t',
    ),
    expect.objectContaining({ ts: '1795335201.1', tx_hosts: '203.0.113.7', seen_bytes: '20', sha1: 'ab12' }),
    {
      timestamp: '1795335201.1',
      server: { ip: '203.0.113.7' },
      client: { ip: '198.51.100.4' },
      zeek: {
        files: {
          fuid: 'F1',
          session_ids: 'C1',
          source: 'HTTP',
          depth: 0,
          duration: 0.5,
          is_orig: 'F',
          seen_bytes: 20,
          missing_bytes: 0,
          overflow_bytes: 0,
          timedout: 'F',
        },
      },
      file: { mime_type: 'text/html', size: 30, hash: { sha1: 'ab12' } },
    },
  ],
];

describe('the legacy set, which is the default', () => {
  it.each(lines)('%s of %s', async (name, line, legacy) => {
    expect(await fieldsOf(name, line)).toEqual(legacy);
    expect(await fieldsOf(name, line, 'disabled')).toEqual(legacy);
  });
});

describe('the set for ECS, by both of its names', () => {
  it.each(lines)('%s of %s', async (name, line, _, ecs) => {
    expect(await fieldsOf(name, line, 'v1')).toEqual(ecs);
    expect(await fieldsOf(name, line, 'v8')).toEqual(ecs);
  });
});

describe('a name of the other set', () => {
  it('is rejected with its name', async () => {
    await expect(fieldsOf('ZEEK_CONN', 'x')).rejects.toThrow('no grok pattern ZEEK_CONN');
    await expect(fieldsOf('ZEEK_CONN', 'x', 'v9' as 'v8')).rejects.toThrow('ecs_compatibility');
  });
});
