import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ManagedProcess, spawnLogged } from '../test/support/process.ts';
import { uniqueName } from '../test/support/topics.ts';
import type { Backlog } from './contenders.ts';

const RSYSLOGD = '/usr/sbin/rsyslogd';

/** Whether Debian's packages `rsyslog`, `rsyslog-kafka` and `rsyslog-elasticsearch` are there. */
export function hasRsyslog(): boolean {
  const modules = ['imkafka', 'omelasticsearch'];
  return (
    existsSync(RSYSLOGD) && modules.every((name) => globSync(`/usr/lib/*/rsyslog/${name}.so`).length > 0)
  );
}

/**
 * rsyslog on the same way: `imkafka`, the value handed through as it is, `omelasticsearch` in bulk mode, a
 * queue in memory. It gives no ids, and its consumer commits on its own, every few seconds, whatever has
 * become of the records.
 */
export function startRsyslog(
  directory: string,
  endpoint: string,
  { bootstrapServers, topic }: Backlog,
): ManagedProcess {
  const work = join(directory, uniqueName('rsyslog'));
  mkdirSync(work, { recursive: true });
  const { hostname, port } = new URL(endpoint);
  const config = join(work, 'rsyslog.conf');
  writeFileSync(
    config,
    `global(workDirectory="${work}")
module(load="imkafka")
module(load="omelasticsearch")
template(name="raw" type="string" string="%msg%")
input(type="imkafka" topic="${topic}" broker=["${bootstrapServers}"] consumergroup="${uniqueName('rsyslog')}"
      ruleset="forward" confParam=["auto.offset.reset=earliest"])
ruleset(name="forward" queue.type="LinkedList" queue.size="100000" queue.dequeueBatchSize="5000" queue.workerThreads="1") {
  action(type="omelasticsearch" server="${hostname}" serverport="${port}" template="raw" searchIndex="bench" searchType=""
         bulkmode="on" usehttps="off" action.resumeRetryCount="-1")
}
`,
  );
  return spawnLogged({
    command: RSYSLOGD,
    args: ['-n', '-f', config, '-i', join(work, 'pid')],
    logFile: join(work, 'log'),
  });
}
