import { describe, expect, it } from 'vitest';
import type { Event, RecordInfo } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseSyslog from '../../transforms/parse-syslog.ts';

const NOON = Date.UTC(2026, 5, 1, 12);

async function parse(
  message: string,
  options: object = {},
  record: Partial<RecordInfo> = {},
): Promise<unknown> {
  const run = await testTransform(parseSyslog, { target: 'x', ...options });
  const [event] = await run({ message }, { timestamp: NOON, ...record });
  return event?.['x'];
}

const AUTH = { facility: 'authpriv', severity: 'info' };
const SSHD = { hostname: 'bastion', appname: 'sshd', procid: '4242', message: 'Accepted publickey' };
const AT = '2026-06-01T11:59:58.000Z';

describe('RFC 3164 and its deviations', () => {
  it.each<[string, string, Event]>([
    [
      'as in the RFC',
      '<86>Jun  1 11:59:58 bastion sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: AT, ...SSHD },
    ],
    [
      'one space and no priority',
      'Jun 1 11:59:58 bastion sshd[4242]: Accepted publickey',
      { timestamp: AT, ...SSHD },
    ],
    [
      'milliseconds',
      '<86>Jun  1 11:59:58.120 bastion sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: '2026-06-01T11:59:58.120Z', ...SSHD },
    ],
    [
      'microseconds',
      '<86>Jun  1 11:59:58.120001 bastion sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: '2026-06-01T11:59:58.120001Z', ...SSHD },
    ],
    [
      'no host',
      '<86>Jun  1 11:59:58 sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: AT, appname: 'sshd', procid: '4242', message: 'Accepted publickey' },
    ],
    [
      'neither host nor process',
      '<86>Jun  1 11:59:58 su: session opened',
      { ...AUTH, timestamp: AT, appname: 'su', message: 'session opened' },
    ],
    [
      'no tag',
      '<86>Jun  1 11:59:58 bastion session opened',
      { ...AUTH, timestamp: AT, hostname: 'bastion', message: 'session opened' },
    ],
    [
      'two spaces before the tag',
      '<86>Jun  1 11:59:58 bastion  sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: AT, ...SSHD },
    ],
    [
      'a space before the process',
      '<86>Jun  1 11:59:58 sogod [811]: up',
      { ...AUTH, timestamp: AT, appname: 'sogod', procid: '811', message: 'up' },
    ],
    [
      'no colon after the process',
      '<86>Jun  1 11:59:58 bastion proftpd[811] bastion (198.51.100.4): up',
      {
        ...AUTH,
        timestamp: AT,
        hostname: 'bastion',
        appname: 'proftpd',
        procid: '811',
        message: 'bastion (198.51.100.4): up',
      },
    ],
    [
      'no space after the tag',
      '<86>Jun  1 11:59:58 bastion sshd[4242]:Accepted publickey',
      { ...AUTH, timestamp: AT, ...SSHD },
    ],
    [
      'a URL, which is not a tag',
      '<86>Jun  1 11:59:58 bastion https://shop.example:8443/x is up',
      { ...AUTH, timestamp: AT, hostname: 'bastion', message: 'https://shop.example:8443/x is up' },
    ],
    [
      'an address with a port, which is not a tag',
      '<86>Jun  1 11:59:58 bastion 10.0.0.1:5432 refused',
      { ...AUTH, timestamp: AT, hostname: 'bastion', message: '10.0.0.1:5432 refused' },
    ],
    [
      'an IPv6 address as the host',
      '<86>Jun  1 11:59:58 2001:db8::7 sshd[4242]: up',
      { ...AUTH, timestamp: AT, hostname: '2001:db8::7', appname: 'sshd', procid: '4242', message: 'up' },
    ],
    [
      'a tag in brackets, which is not a host',
      '<86>Jun  1 11:59:58 [sshd]: up',
      { ...AUTH, timestamp: AT, message: '[sshd]: up' },
    ],
    [
      'a module in the tag',
      '<86>Jun  1 11:59:58 bastion sshd(pam_unix)[4242]: x',
      {
        ...AUTH,
        timestamp: AT,
        hostname: 'bastion',
        appname: 'sshd(pam_unix)',
        procid: '4242',
        message: 'x',
      },
    ],
    [
      'a tag with a path',
      '<86>Jun  1 11:59:58 mx postfix/smtpd[7]: x',
      { ...AUTH, timestamp: AT, hostname: 'mx', appname: 'postfix/smtpd', procid: '7', message: 'x' },
    ],
    [
      'a name of sixty letters',
      `<86>Jun  1 11:59:58 node ${'n'.repeat(60)}[7]: x`,
      { ...AUTH, timestamp: AT, hostname: 'node', appname: 'n'.repeat(60), procid: '7', message: 'x' },
    ],
    [
      "the kernel's own time",
      '<86>Jun  1 11:59:58 node kernel: [ 12.5] eth0: up',
      { ...AUTH, timestamp: AT, hostname: 'node', appname: 'kernel', message: '[ 12.5] eth0: up' },
    ],
    [
      'the year of an ASA',
      '<166>Jun  1 2019 11:59:58 fw-1 : %ASA-6-302013: Built outbound TCP',
      {
        facility: 'local4',
        severity: 'info',
        timestamp: '2019-06-01T11:59:58.000Z',
        hostname: 'fw-1',
        appname: '%ASA-6-302013',
        message: 'Built outbound TCP',
      },
    ],
    [
      'an ASA without a name',
      '<166>Jun  1 2019 11:59:58: %ASA-6-302013: Built',
      {
        facility: 'local4',
        severity: 'info',
        timestamp: '2019-06-01T11:59:58.000Z',
        appname: '%ASA-6-302013',
        message: 'Built',
      },
    ],
    [
      'a router whose clock is not set',
      '<86>*Jun  1 11:59:58.001: %SYS-5-CONFIG_I: Configured',
      { ...AUTH, timestamp: '2026-06-01T11:59:58.001Z', appname: '%SYS-5-CONFIG_I', message: 'Configured' },
    ],
    [
      'RFC 3339, forwarded',
      '<86>2026-06-01T11:59:58.262668+02:00 bastion sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: '2026-06-01T11:59:58.262668+02:00', ...SSHD },
    ],
    [
      'RFC 3339, in a file',
      '2026-06-01T11:59:58.262668+02:00 bastion sshd[4242]: Accepted publickey',
      { timestamp: '2026-06-01T11:59:58.262668+02:00', ...SSHD },
    ],
    [
      'RFC 3339 in UTC, without a host',
      '<86>2026-06-01T11:59:58Z su: x',
      { ...AUTH, timestamp: '2026-06-01T11:59:58Z', appname: 'su', message: 'x' },
    ],
    [
      'a time similar to RFC 3339',
      '<86>2026-06-01 11:59:58,5+0200 bastion sshd[4242]: Accepted publickey',
      { ...AUTH, timestamp: '2026-06-01T09:59:58.500Z', ...SSHD },
    ],
    [
      'RFC 3339 without a tag',
      '<86>2026-06-01T11:59:58Z bastion session opened',
      { ...AUTH, timestamp: '2026-06-01T11:59:58Z', hostname: 'bastion', message: 'session opened' },
    ],
    [
      'byte order marks',
      '\uFEFF<86>Jun  1 11:59:58 bastion sshd[4242]: \uFEFFAccepted publickey',
      { ...AUTH, timestamp: AT, ...SSHD },
    ],
    [
      'an unknown host',
      '<86>Jun  1 11:59:58 - sshd[4242]: x',
      { ...AUTH, timestamp: AT, appname: 'sshd', procid: '4242', message: 'x' },
    ],
    [
      'a leap second',
      '<86>Jun 30 2015 23:59:60 h a: x',
      { ...AUTH, timestamp: '2015-07-01T00:00:00.000Z', hostname: 'h', appname: 'a', message: 'x' },
    ],
    [
      'spaces before the message, which are kept',
      '<86>Jun  1 11:59:58 h a:   x',
      { ...AUTH, timestamp: AT, hostname: 'h', appname: 'a', message: '  x' },
    ],
    [
      "the priority that FreeBSD's daemon writes in names",
      'Jun  1 11:59:58 <auth.info> bastion sshd[4242]: Accepted publickey',
      { facility: 'auth', severity: 'info', timestamp: AT, ...SSHD },
    ],
    [
      'the same, in numbers',
      'Jun  1 11:59:58 <10.3> bastion sshd[4242]: Accepted publickey',
      { facility: 'authpriv', severity: 'err', timestamp: AT, ...SSHD },
    ],
    [
      'the same, of the kernel, without a host',
      'Jun  1 11:59:58 <kern.warn> kernel: link down',
      { facility: 'kern', severity: 'warning', timestamp: AT, appname: 'kernel', message: 'link down' },
    ],
    [
      'a priority that does not exist, which is not a host either',
      'Jun  1 11:59:58 <auth.loud> bastion sshd[4242]: x',
      { timestamp: AT, message: '<auth.loud> bastion sshd[4242]: x' },
    ],
    [
      "the priority that BusyBox's daemon writes",
      'Jun  1 11:59:58 bastion authpriv.err sshd[4242]: Accepted publickey',
      { facility: 'authpriv', severity: 'err', timestamp: AT, ...SSHD },
    ],
    [
      'the same, before a message without a tag',
      'Jun  1 11:59:58 ap-2 syslog.info syslogd started: BusyBox v1.36.1',
      {
        facility: 'syslog',
        severity: 'info',
        timestamp: AT,
        hostname: 'ap-2',
        message: 'syslogd started: BusyBox v1.36.1',
      },
    ],
    [
      'a word with a point, which is not a priority',
      'Jun  1 11:59:58 ap-2 shop.info Cart is empty',
      { timestamp: AT, hostname: 'ap-2', message: 'shop.info Cart is empty' },
    ],
    [
      'a host without a name',
      'Jun  1 11:59:58 (none) init: up',
      { timestamp: AT, hostname: '(none)', appname: 'init', message: 'up' },
    ],
    [
      'a pair, which is not a host',
      'Jun  1 11:59:58 user="ada" ok: yes',
      { timestamp: AT, message: 'user="ada" ok: yes' },
    ],
    [
      'a module in the tag, after colons',
      '2026-06-01T11:59:58.262668+02:00 bastion shop::cart:sum[4242]: total',
      {
        timestamp: '2026-06-01T11:59:58.262668+02:00',
        hostname: 'bastion',
        appname: 'shop::cart:sum',
        procid: '4242',
        message: 'total',
      },
    ],
    [
      'an IPv6 address before a colon, which is not a tag',
      '<86>Jun  1 11:59:58 fe80::a: up',
      { ...AUTH, timestamp: AT, message: 'fe80::a: up' },
    ],
    [
      'a time similar to RFC 3339 in a file, with a process',
      '2026-06-01 11:59:58 bastion sshd[4242]: Accepted publickey',
      { timestamp: AT, ...SSHD },
    ],
    [
      'local time, in a file',
      '2026-06-01T11:59:58 bastion kernel: up',
      { timestamp: AT, hostname: 'bastion', appname: 'kernel', message: 'up' },
    ],
    [
      'the offset of journalctl',
      '2026-06-01T11:59:58+0200 bastion kernel: up',
      { timestamp: '2026-06-01T09:59:58.000Z', hostname: 'bastion', appname: 'kernel', message: 'up' },
    ],
    [
      'a priority beyond the last',
      '<999>Jun  1 11:59:58 h a: x',
      { timestamp: AT, hostname: 'h', appname: 'a', message: 'x' },
    ],
  ])('%s', async (_what, text, expected) => {
    expect(await parse(text)).toEqual(expected);
  });

  it.each([
    '<86>Feb 30 11:59:58 h a: x',
    '<86>Nov 31 11:59:58 h a: x',
    '<86>Jun  1 25:61:61 h a: x',
    '<86>Jun  0 11:59:58 h a: x',
    '<86>Feb 29 2026 11:59:58 h a: x',
    '<86>Foo  1 11:59:58 h a: x',
    '<86>2026-06-31T11:59:58Z h a: x',
    '<86>2026-06-01T24:59:58Z h a: x',
    '<86>Jun  1 11:59:58',
    '<86>Jun  1 11:59:58 ',
    'June 1 11:59:58 h a: x',
    // Another kind of log, which only starts like rsyslog's.
    '2026-06-01T11:59:58Z INFO ready',
    '2026-06-01 11:59:58 worker started',
    '2026-06-01 11:59:58,262 ERROR shop.cart: sold out',
    '2026-06-01 11:59:58,262 WARNING: sold out',
    '2026-06-01T11:59:58.262Z INFO shop.cart: ready',
    '2026-06-01T11:59:58Z ERROR: sold out',
    '2026-06-01 11:59:58: (mod_auth.c.791) digest: wrong password',
    '2026-06-01 11:59:58 H=[192.0.2.7]:62839 dropped',
    '2026-06-01 11:59:58.781 Connection "c-72": login failed',
    '2026-06-01T11:59:58Z Connection "c-72": login failed',
    '2026-06-01T11:59:58.667Z: Failed login: user=ada',
  ])('%s is left unchanged', async (text) => {
    expect(await parse(text)).toBeUndefined();
  });

  it.each([
    ['Dec 31 23:59:58', '2026-01-01T00:00:05Z', 'utc', '2025-12-31T23:59:58.000Z'],
    ['Jan  1 00:00:05', '2026-12-31T23:59:50Z', 'utc', '2027-01-01T00:00:05.000Z'],
    ['Mar 23 10:00:00', '2026-11-29T00:00:00Z', 'utc', '2026-03-23T10:00:00.000Z'],
    ['Feb 29 10:00:00', '2027-06-01T00:00:00Z', 'utc', '2028-02-29T10:00:00.000Z'],
    ['Feb 29 10:00:00', '2025-02-20T00:00:00Z', 'utc', '2024-02-29T10:00:00.000Z'],
    ['Jun  1 13:59:58', '2026-06-01T12:00:00Z', 'Europe/Berlin', AT],
    ['Jan  1 00:30:00', '2025-12-31T23:40:00Z', 'Europe/Berlin', '2025-12-31T23:30:00.000Z'],
    ['Jun  1 06:59:58', '2026-06-01T12:00:00Z', '-05:00', AT],
    ['Jun  1 2019 13:59:58', '2026-06-01T12:00:00Z', 'Europe/Berlin', '2019-06-01T11:59:58.000Z'],
    ['2026-06-01T13:59:58.25', '2026-06-01T12:00:00Z', 'Europe/Berlin', '2026-06-01T11:59:58.250Z'],
    // Times of RFC 3339 that Elasticsearch rejects.
    ['2026-06-01T24:00:00Z', '2026-06-01T12:00:00Z', 'utc', '2026-06-02T00:00:00.000Z'],
    ['2026-06-01T13:59:58+18:00', '2026-06-01T12:00:00Z', 'utc', '2026-06-01T13:59:58+18:00'],
    ['2026-06-02T13:59:58+18:30', '2026-06-01T12:00:00Z', 'utc', '2026-06-01T19:29:58.000Z'],
    ['2026-06-01T13:59:58-23:00', '2026-06-01T12:00:00Z', 'utc', '2026-06-02T12:59:58.000Z'],
    ['2026-06-01T13:59:58.25Z', '2026-06-01T12:00:00Z', 'Europe/Berlin', '2026-06-01T13:59:58.25Z'],
  ])('%s of a record of %s, in %s, is %s', async (time, record, zone, expected) => {
    const parsed = await parse(`<86>${time} h a: m`, { zone }, { timestamp: Date.parse(record) });
    expect(parsed).toEqual({ ...AUTH, timestamp: expected, hostname: 'h', appname: 'a', message: 'm' });
  });

  it('has no timestamp if neither the line nor the record has the year', async () => {
    const parsed = await parse('<86>Jun  1 11:59:58 h a: m', {}, { timestamp: -1 });
    expect(parsed).toEqual({ ...AUTH, hostname: 'h', appname: 'a', message: 'm' });
  });
});

it('rejects an unknown zone', async () => {
  await expect(testTransform(parseSyslog, { zone: 'Europe/Atlantis' })).rejects.toThrow('is not a time zone');
});

it.each([
  ['spaces', (n: number) => `<86>Jun  1 11:59:58${' '.repeat(n)}`],
  ['spaces before the tag', (n: number) => `<86>Jun  1 11:59:58 h${' '.repeat(n)}x`],
  ['a name that does not end', (n: number) => `<86>Jun  1 11:59:58 ${'a'.repeat(n)}`],
  ['brackets', (n: number) => `<86>Jun  1 11:59:58 h ${'a['.repeat(n / 2)}`],
  ['digits', (n: number) => `<86>Jun  1 11:59:58.${'1'.repeat(n)}`],
  ['colons', (n: number) => `<86>Jun  1 11:59:58 ${':'.repeat(n)}`],
  ['modules', (n: number) => `<86>Jun  1 11:59:58 ${'a::'.repeat(n / 3)}`],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseSyslog);
  const started = process.cpuUsage().user;
  await run({ message: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});
