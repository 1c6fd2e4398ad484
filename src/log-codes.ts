import type { LogCode } from './log-code.ts';
import { warningLogCodes } from './warning-log-codes.ts';

/**
 * The `code` of each log line: stable, for alerts. docs/errors.md is generated from this list.
 */
export const logCodes = {
  // admin, pipeline, aggregator
  starting: {
    level: 'info',
    meaning: 'The process has loaded its configuration and transforms and starts to consume.',
  },
  stopping: { level: 'info', meaning: 'The process stops consumption and waits for records in flight.' },
  stopped: {
    level: 'info',
    meaning:
      'The process has left the group; `unsettled` records are consumed again by the next member. ' +
      'The fields count the records of each outcome.',
  },
  admin_error: {
    level: 'warn',
    meaning: 'The server of the admin endpoint reports an error; consumption continues.',
    action: 'If it recurs, check the limits for open files and connections.',
  },
  blocked: {
    level: 'error',
    meaning:
      '`blocked: operator action required`. Records cannot be delivered or dead-lettered; their partitions ' +
      'are paused, and nothing is lost.',
    action:
      'Do what the `action` of the line says; [Blocked records](#blocked-records) explains the reasons.',
  },
  still_blocked: {
    level: 'error',
    meaning:
      'A reminder that records are blocked: after 30 s, then at growing intervals of up to 10 min. It lists up to 10 causes.',
    action: 'Do what the `action` of each cause says; [Blocked records](#blocked-records) explains them.',
  },
  unblocked: { level: 'info', meaning: 'The last record of a cause is no longer blocked.' },
  rejection_rate_high: {
    level: 'error',
    meaning: 'More than half of the last 1,000 records were rejected for one reason.',
    action: 'Check the mapping, the transforms and the producers.',
  },
  rejection_rate_normal: { level: 'info', meaning: 'The reason of `rejection_rate_high` has become rare.' },
  elasticsearch_identified: {
    level: 'info',
    meaning:
      'The server has shown what it is: `product` is `elasticsearch` or `opensearch`; `version` is null if the ' +
      'login may not read it.',
  },
  elasticsearch_reachable: { level: 'info', meaning: 'Elasticsearch answers.' },
  elasticsearch_unreachable: {
    level: 'error',
    meaning: 'Elasticsearch does not answer, or answers with an error; the reason names each endpoint.',
    action: 'Check the endpoints, the network, the certificates and the login.',
  },
  elasticsearch_outage: {
    level: 'error',
    meaning: 'Bulk requests fail; consumption is paused, and the requests are repeated. Nothing is lost.',
    action: 'Check the state of the cluster; delivery resumes by itself.',
  },
  elasticsearch_blocked: {
    level: 'error',
    meaning:
      '`blocked: operator action required, consumption paused`. Elasticsearch rejects whole bulk requests; ' +
      'the requests are repeated. ' +
      'Nothing is lost.',
    action: 'Look up the reason, for instance a login or a privilege, and remove its cause.',
  },
  elasticsearch_recovered: {
    level: 'info',
    meaning:
      'Elasticsearch accepts documents again after `seconds`, and consumption resumes; `lag` records wait.',
  },
  ...warningLogCodes,
  tracing_failed: {
    level: 'warn',
    meaning:
      'Traces cannot be exported; delivery is not affected. `spans_lost` counts since the last success.',
    action: 'Check tracing.endpoint, the collector, and the headers in tracing.headers_file.',
  },
  tracing_recovered: { level: 'info', meaning: 'Traces are exported again; `spans_lost` are missing.' },
  // kafka
  kafka_unreachable: {
    level: 'warn',
    meaning: 'No Kafka broker answers at the start; Logweir retries.',
    action: 'Check kafka.bootstrap_servers, the network, and the brokers.',
  },
  kafka_unavailable: {
    level: 'error',
    meaning: 'Records cannot be read from Kafka, for the logged reason; nothing is lost.',
    action: 'Remove the cause in the reason; consumption resumes by itself.',
  },
  kafka_recovered: {
    level: 'info',
    meaning:
      'Records can be read from Kafka again after `seconds`; `lag` records wait, null if not known yet.',
  },
  kafka_client_error: {
    level: 'warn',
    meaning: 'The Kafka client has reported an error; error_code is the code of librdkafka.',
    action: 'Follow the message if the error repeats; the client retries by itself.',
  },
  native_reader_unavailable: {
    level: 'warn',
    meaning: 'The native reader cannot be loaded; Logweir reads with the Kafka client at half the speed.',
    action: 'Run native/build.sh, or set kafka.reader to client.',
  },
  partitions_assigned: { level: 'info', meaning: 'The group has assigned partitions to this process.' },
  partitions_revoked: {
    level: 'info',
    meaning: 'The group has revoked partitions of this process, after their records in flight were settled.',
  },
  partitions_lost: {
    level: 'warn',
    meaning: 'Partitions were lost without a revocation; their next owner replays uncommitted records.',
    action: 'Check whether the process was stopped for longer than kafka.session_timeout_ms.',
  },
  rebalance_failed: {
    level: 'error',
    meaning: 'A step of a rebalance has failed.',
    action: 'Report the reason; restart the process if its partitions are not consumed.',
  },
  rebalance_answer_rejected: {
    level: 'error',
    meaning:
      'The Kafka client rejects the answer to a rebalance, and reads nothing meanwhile; Logweir retries.',
    action: 'Restart the process if the message repeats.',
  },
  rebalance_answer_accepted: {
    level: 'info',
    meaning: 'The Kafka client has accepted the answer to a rebalance after several attempts.',
  },
  assign_failed: {
    level: 'error',
    meaning: 'The Kafka client rejects partitions whose start offsets were resolved late; Logweir retries.',
    action: 'Check whether the partitions have a leader; restart the process if the message repeats.',
  },
  settle_failed: {
    level: 'error',
    meaning: 'Records in flight could not be settled before a revocation; their next owner reads them again.',
    action:
      'Nothing, if it happens once: no record is lost. If it repeats, check whether Elasticsearch is slow.',
  },
  start_offsets_unavailable: {
    level: 'warn',
    meaning: 'The start offsets of assigned partitions cannot be read; Logweir retries.',
    action: 'Check whether the partitions have a leader.',
  },
  internal_topics_skipped: {
    level: 'error',
    meaning: 'kafka.topics matches internal topics of the brokers, which are not read.',
    action: 'Remove these topics from kafka.topics.',
  },
  records_deleted: {
    level: 'error',
    meaning: 'Retention has deleted records before they were read; lost is their number.',
    action: 'Raise the retention of the topic, or the throughput of the consumer.',
  },
  topic_recreated: {
    level: 'error',
    meaning: 'The topic was deleted and created again; it is read from its beginning.',
    action:
      'Nothing, if the topic was recreated on purpose. Records that were not read before the deletion are gone.',
  },
  partition_truncated: {
    level: 'error',
    meaning:
      'An unclean leader election has truncated a partition; lost counts consumed records that are gone.',
    action: 'Disable unclean.leader.election.enable on the brokers.',
  },
  truncation_unverified: {
    level: 'error',
    meaning: 'No broker has answered for a minute whether a partition was truncated; consumption continues.',
    action: 'Check whether the partition has a leader.',
  },
  fetch_stalled: {
    level: 'warn',
    meaning: 'The Kafka client has silently stopped fetching a partition; Logweir restarts the fetch.',
    action: 'Nothing: the fetch is restarted. If it repeats, restart the process, and report it.',
  },
  fetch_restart_failed: {
    level: 'error',
    meaning: 'The fetch of a partition could not be restarted; Logweir retries.',
    action: 'Restart the process if the message repeats.',
  },
  open_transaction: {
    level: 'warn',
    meaning: 'A partition delivers no records until an open transaction of a producer ends.',
    action: 'Find the producer of the transaction, and end or abort it.',
  },
  open_transaction_ended: {
    level: 'info',
    meaning: 'The open transaction has ended, and its partition delivers records again.',
  },
  commit_rejected: {
    level: 'warn',
    meaning:
      'The brokers have rejected a commit; Logweir retries. A crash before that replays more records. Commits that a rebalance rejects are not logged, unless they last for a minute.',
    action: 'Check the reason if the message repeats.',
  },
  // elasticsearch, dead-letter
  endpoint_failing: {
    level: 'warn',
    meaning: 'One of several endpoints of Elasticsearch fails; the others take its requests.',
    action:
      'Check this node, and what is between. `elasticsearch.endpoints` of the status shows all of them.',
  },
  endpoint_recovered: { level: 'info', meaning: 'The endpoint answers again.' },
  dead_letters: {
    level: 'warn',
    meaning:
      'Records were dead-lettered: `count` of them in the last `seconds`, by reason, and by cause where the ' +
      'error names one. `first` is the first of them.',
    action:
      'List them with `logweir dlq list --reason`, correct the mapping, the transform or the producer, and ' +
      'send them again with `logweir dlq retry`.',
  },
  // transform
  transform_failed: {
    level: 'warn',
    meaning:
      'A transform threw an error or did not return an event; its `on_error` decides about the event. The ' +
      'reason is the name of the error and its position: its message may quote the event, and is in the ' +
      'dead letter. `log.transform_errors: message` logs it too.',
    action:
      'Look at the position, and at the record: `logweir dlq show` prints its dead letter with the message. ' +
      'Correct the transform and reload it.',
  },
  deprecated: {
    level: 'warn',
    meaning: 'A transform uses an old name of the API or of an option. It works until the named version.',
    action: 'Replace the name in `old` by that in `use`.',
  },
  transforms_reloaded: {
    level: 'info',
    meaning: 'The configuration was read again, and its new transforms are in use.',
  },
  transforms_not_reloaded: {
    level: 'error',
    meaning: 'The new configuration or a new transform is invalid; the old transforms stay in use.',
    action: 'Correct the error named by the reason, and reload again.',
  },
  event_loop_stuck: {
    level: 'error',
    meaning: 'A record has occupied the event loop for `stuck_after_ms`, and no records are consumed.',
    action:
      'Restart the process (with 2 or more `workers` the supervisor does it), and correct the named transform.',
  },
  watch_limit_reached: {
    level: 'warn',
    meaning: 'There are more folders than `--watch` can watch; changes in the others are not noticed.',
    action: 'Keep the configuration and its transforms in a folder of their own.',
  },
  watch_failed: {
    level: 'warn',
    meaning: 'A folder cannot be watched; changes in it are not noticed.',
    action: 'Read the reason, such as missing permissions or the limit of inotify watches.',
  },
  // workers, commands
  starting_workers: { level: 'info', meaning: 'The supervisor starts its workers.' },
  stopping_workers: { level: 'info', meaning: 'The supervisor asks its workers to stop.' },
  worker_stuck: {
    level: 'error',
    meaning: 'The event loop of a worker is blocked; the supervisor kills the worker and restarts it.',
    action: 'Fix the transform that the line names.',
  },
  record_quarantined: {
    level: 'error',
    meaning: 'A record has blocked a worker twice; it is dead-lettered as `transform_stuck`.',
    action: 'Fix the transform, and send the record again with `logweir dlq retry`.',
  },
  worker_exited: {
    level: 'error',
    meaning: 'A worker has exited; the supervisor restarts it after a delay.',
    action: 'Look up the exit code or signal and the lines before; SIGKILL is often the memory limit.',
  },
  signal_repeated: {
    level: 'info',
    meaning: 'A second SIGTERM or SIGINT within a second of the first is the same request.',
  },
  exit_forced: {
    level: 'warn',
    meaning: 'A second SIGTERM or SIGINT ends the process immediately; unsettled records are consumed again.',
    action: 'Nothing: unsettled records are read again. Send one signal and wait for `shutdown_timeout_ms`.',
  },
  shutdown_failed: {
    level: 'error',
    meaning: 'The shutdown has failed. The process exits with code 1; unsettled records are consumed again.',
    action: 'Report the error with its stack.',
  },
} as const satisfies Readonly<Record<string, LogCode>>;
