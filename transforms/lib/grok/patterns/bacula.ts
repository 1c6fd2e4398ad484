/** The backup system Bacula: both sets have the same messages, with different names of fields. */
import type { Patterns } from './helpers.ts';

/** The meaning of `<name>` in a message, in the legacy set and in the ECS set. */
const PARTS: Readonly<Record<string, readonly [legacy: string, ecs: string]>> = {
  volume: ['%{BACULA_VOLUME:volume}', '%{BACULA_VOLUME:[bacula][volume][name]}'],
  device: ['%{BACULA_DEVICE:device}', '%{BACULA_DEVICE:[bacula][volume][device]}'],
  path: ['%{BACULA_DEVICEPATH}', '%{BACULA_DEVICEPATH:[bacula][volume][path]}'],
  max: ['%{BACULA_CAPACITY}', '%{BACULA_CAPACITY:[bacula][volume][max_capacity]}'],
  bytes: ['%{BACULA_CAPACITY}', '%{BACULA_CAPACITY:[bacula][volume][bytes]}'],
  blocks: ['%{BACULA_CAPACITY}', '%{BACULA_CAPACITY:[bacula][volume][blocks]}'],
  size: ['%{INT}', '%{INT:[bacula][volume][size]:int}'],
  time: ['%{MONTHDAY}-%{MONTH}-%{YEAR} %{HOUR}:%{MINUTE}', '%{BACULA_TIMESTAMP:[bacula][timestamp]}'],
  error: ['%{GREEDYDATA:berror}', '%{GREEDYDATA:[error][message]}'],
  client: ['%{BACULA_HOST:client}', '%{BACULA_HOST:[bacula][client][name]}'],
  job: ['%{BACULA_JOB:job}', '%{BACULA_JOB:[bacula][job][name]}'],
  id: ['%{INT}', '%{INT:[bacula][job][id]}'],
  cancelled: ['%{INT}', '%{INT:[bacula][job][other_id]}'],
  duplicate: ['%{INT:duplicate}', '%{INT:[bacula][job][other_id]}'],
  elapsed: ['%{DATA:elapsed}', '%{DATA:[bacula][job][elapsed_time]}'],
  command: ['%{GREEDYDATA:runjob}', '%{GREEDYDATA:[bacula][job][client_run_before_command]}'],
  address: ['%{HOSTNAME}:%{POSINT}', '%{IPORHOST:[client][address]}:%{POSINT:[client][port]:int}'],
  fatal: ['Fatal error', 'Fatal [eE]rror'],
  reached: [
    '(?:Client: <client>|Storage daemon) on <address>',
    '(?:Client: <client>|Storage daemon) on <address>',
  ],
};

/** The messages, in order of matching; the second one of a pair is for ECS. */
const MESSAGES: Readonly<Record<string, string | readonly [legacy: string, ecs: string]>> = {
  MAX_CAPACITY: [
    String.raw`User defined maximum volume capacity <max> exceeded on device "<device>" \(<path>\)`,
    String.raw`User defined maximum volume capacity <max> exceeded on device "<device>" \(<path>\).?`,
  ],
  END_VOLUME: 'End of medium on Volume "<volume>" Bytes=<bytes> Blocks=<blocks> at <time>.',
  NEW_VOLUME: 'Created new Volume "<volume>" in catalog.',
  NEW_LABEL: [
    String.raw`Labeled new Volume "<volume>" on device "<device>" \(<path>\).`,
    String.raw`Labeled new Volume "<volume>" on (?:file )?device "<device>" \(<path>\).`,
  ],
  WROTE_LABEL: [
    String.raw`Wrote label to prelabeled Volume "<volume>" on device "%{BACULA_DEVICE}" \(<path>\)`,
    String.raw`Wrote label to prelabeled Volume "<volume>" on device "<device>" \(<path>\)`,
  ],
  NEW_MOUNT: String.raw`New volume "<volume>" mounted on device "<device>" \(<path>\) at <time>.`,
  NOOPEN: String.raw`\s*Cannot open %{DATA}: ERR=<error>`,
  NOOPENDIR: [
    String.raw`\s*Could not open directory %{DATA}: ERR=<error>`,
    String.raw`\s*Could not open directory "?%{DATA:[file][path]}"?: ERR=<error>`,
  ],
  NOSTAT: [
    String.raw`\s*Could not stat %{DATA}: ERR=<error>`,
    String.raw`\s*Could not stat %{DATA:[file][path]}: ERR=<error>`,
  ],
  NOJOBS: 'There are no more Jobs associated with Volume "<volume>". Marking it purged.',
  ALL_RECORDS_PRUNED: [
    'All records pruned from Volume "<volume>"; marking it "Purged"',
    '.*?All records pruned from Volume "<volume>"; marking it "Purged"',
  ],
  BEGIN_PRUNE_JOBS: 'Begin pruning Jobs older than %{INT} month %{INT} days .',
  BEGIN_PRUNE_FILES: 'Begin pruning Files.',
  PRUNED_JOBS: 'Pruned %{INT} Jobs* for client <client> from catalog.',
  PRUNED_FILES: 'Pruned Files from %{INT} Jobs* for client <client> from catalog.',
  ENDPRUNE: 'End auto prune.',
  STARTJOB: 'Start Backup JobId %{INT}, Job=<job>',
  STARTRESTORE: 'Start Restore Job <job>',
  USEDEVICE: 'Using Device "<device>"',
  DIFF_FS: [
    String.raw`\s+%{UNIXPATH} is a different filesystem. Will not descend from %{UNIXPATH} into it.`,
    String.raw`\s*%{UNIXPATH} is a different filesystem. Will not descend from %{UNIXPATH} into it.`,
  ],
  JOBEND: 'Job write elapsed time = <elapsed>, Transfer rate = %{NUMBER} [KMG]? Bytes/second',
  NOPRUNE_JOBS: 'No Jobs found to prune.',
  NOPRUNE_FILES: 'No Files found to prune.',
  VOLUME_PREVWRITTEN: [
    'Volume "<volume>" previously written, moving to end of data.',
    'Volume "?<volume>"? previously written, moving to end of data.',
  ],
  READYAPPEND: 'Ready to append to end of Volume "<volume>" size=<size>',
  CANCELLING: 'Cancelling duplicate JobId=<cancelled>.',
  MARKCANCEL: 'JobId <id>, Job <job> marked to be canceled.',
  CLIENT_RBJ: 'shell command: run ClientRunBeforeJob "<command>"',
  VSS: '(?:Generate )?VSS (?:Writer)?',
  MAXSTART: '<fatal>: Job canceled because max start delay time exceeded.',
  DUPLICATE: '<fatal>: JobId <duplicate> already running. Duplicate job not allowed.',
  NOJOBSTAT: '<fatal>: No Job status returned from FD.',
  FATAL_CONN: '<fatal>: bsock.c:133 Unable to connect to <reached>. ERR=<error>',
  NO_CONNECT: 'Warning: bsock.c:127 Could not connect to <reached>. ERR=<error>',
  NO_AUTH: [
    'Fatal error: Unable to authenticate with File daemon at %{DATA}. Possible causes:',
    'Fatal error: Unable to authenticate with File daemon at "?%{IPORHOST:[client][address]}(?::%{POSINT:[client][port]:int})?"?. Possible causes:',
  ],
  NOSUIT: 'No prior or suitable Full backup found in catalog. Doing FULL backup.',
  JOB: String.raw`(?:Error: )?Bacula %{BACULA_HOST} %{BACULA_VERSION} \(%{BACULA_VERSION}\):`,
  NOPRIOR: 'No prior Full backup Job record found.',
};

const shared: Patterns = {
  BACULA_VOLUME: '%{USER}',
  BACULA_DEVICE: '%{USER}',
  BACULA_DEVICEPATH: '%{UNIXPATH}',
  BACULA_CAPACITY: '%{INT}{1,3}(?:,%{INT}{3})*',
  BACULA_VERSION: '%{USER}',
  BACULA_JOB: '%{USER}',
};

function messagesOf(set: 0 | 1): Patterns {
  const fill = (text: string): string =>
    text.replaceAll(/<(\w+)>/g, (whole, name: string) => fill(PARTS[name]?.[set] ?? whole));
  return Object.fromEntries(
    Object.entries(MESSAGES).map(([name, message]) => [
      `BACULA_LOG_${name}`,
      fill(typeof message === 'string' ? message : message[set]),
    ]),
  );
}

function lineOf(time: string, host: string, id: string): string {
  const messages = Object.keys(MESSAGES).map((name) => `%{BACULA_LOG_${name}}`);
  return `${time} ${host}(?: JobId ${id})?:? (?:${messages.join('|')})`;
}

export const baculaLegacy: Patterns = {
  ...shared,
  ...messagesOf(0),
  BACULA_TIMESTAMP: '%{MONTHDAY}-%{MONTH} %{HOUR}:%{MINUTE}',
  BACULA_HOST: '[a-zA-Z0-9-]+',
  BACULA_LOGLINE: lineOf('%{BACULA_TIMESTAMP:bts}', '%{BACULA_HOST:hostname}', '%{INT:jobid}'),
};

export const baculaEcs: Patterns = {
  ...shared,
  ...messagesOf(1),
  BACULA_TIMESTAMP: '%{MONTHDAY}-%{MONTH}(?:-%{YEAR})? %{HOUR}:%{MINUTE}',
  BACULA_HOST: '%{HOSTNAME}',
  BACULA_LOG: lineOf(
    '%{BACULA_TIMESTAMP:timestamp}',
    '%{BACULA_HOST:[host][hostname]}',
    '%{INT:[bacula][job][id]}',
  ),
  BACULA_LOGLINE: '%{BACULA_LOG}',
};
