/** A section of docs/runbook.md about an alert of deploy/prometheus/alerts.yml. */
export interface RunbookAlert {
  readonly meaning: string;
  /** In order: what to look at first. */
  readonly steps: readonly string[];
}

const STATUS = '`curl -s localhost:8686/api/status`';

/** By the name of the alert. `make check` compares the names with the rules. */
export const runbookAlerts: Readonly<Record<string, RunbookAlert>> = {
  LogweirNotAnswering: {
    meaning:
      'An instance that answered within the last hour does not answer Prometheus. Its partitions go to others when ' +
      'its session ends, or, if a transform blocks it, after `max.poll.interval.ms` (5 min).',
    steps: [
      'Does the process run? If not, its last log lines tell why; LogweirRestarting is its sign of a crash loop.',
      'If it runs: `event_loop_blocked` and `event_loop_stuck` in its log name the transform and the record. ' +
        'Correct the transform, and restart the process. `logweir check` tries the transforms with a time limit.',
      'Otherwise check the network between Prometheus and `admin.listen`.',
    ],
  },
  LogweirNotFlowing: {
    meaning: 'No record was settled for a while, although records wait. Nothing is lost; Kafka keeps them.',
    steps: [
      `${STATUS}: \`state_detail\` and \`reason\` name the cause. Go to its section under [States](#states).`,
      'If the state is `running`: a transform may hang (`event_loop_stuck` in the log), or a partition waits ' +
        'for an open transaction (`kafka.partitions[].waits_for`).',
    ],
  },
  LogweirPausedByElasticsearch: {
    meaning: 'Bulk requests fail or are rejected as a whole. Consumption is paused and resumes by itself.',
    steps: [
      `${STATUS}: \`elasticsearch.reason\`, \`elasticsearch.endpoints\` and \`elasticsearch.next_try\`.`,
      'State `outage`: check the cluster (`GET _cluster/health`), the network and proxies between.',
      'State `hold`: an operator must act, for instance on a rejected login or a missing privilege; see the ' +
        'type of the error under [Errors of Elasticsearch](#errors-of-elasticsearch).',
      'Compare the age of the backlog (`kafka.backlog_seconds`) with the retention of the topic. If the outage ' +
        'may outlast it, raise the retention now.',
    ],
  },
  LogweirElasticsearchSlow: {
    meaning: 'Bulk requests are answered, but only after seconds. Nothing is lost; the lag may grow.',
    steps: [
      `${STATUS}: \`warnings\` has the time of the answers, and \`requests\` the documents of a request.`,
      'Check the load, the disks and the merges of the nodes (`GET _nodes/hot_threads`, `GET _cat/thread_pool/write?v`).',
      '`logweir check` tells whether the endpoint itself is slow (`elasticsearch.endpoint`), as behind a proxy.',
    ],
  },
  LogweirRecordsBlocked: {
    meaning: 'Records can be neither delivered nor dead-lettered. Their partitions are paused.',
    steps: [
      `${STATUS}: each entry of \`holds\` has the cause, the first record, a message and the action.`,
      'Do what `action` says; [Block reasons](#block-reasons) has more. Delivery resumes by itself.',
      'If the record itself is at fault and nothing else helps: `logweir dlq put topic:partition:offset`.',
    ],
  },
  LogweirLagGrowing: {
    meaning: 'More is produced than is delivered, or nothing is delivered.',
    steps: [
      'First exclude the causes of LogweirNotFlowing.',
      'All partitions grow: compare the request times (`http_client_rtt_seconds`) with those before. Slow ' +
        'requests: Elasticsearch is the limit. Fast ones: raise `workers`, or add instances up to the number ' +
        'of partitions.',
      'One partition grows: its producer writes all records with one key, or its records are blocked.',
    ],
  },
  LogweirDrainSlow: {
    meaning: 'At the present rate it takes more than an hour until the backlog is delivered.',
    steps: [
      'After an outage this is normal: compare `kafka.backlog_seconds` with that of some minutes ago.',
      'If it does not fall, see LogweirLagGrowing. Compare it with the retention of the topic.',
    ],
  },
  LogweirOldestUnsettled: {
    meaning: 'A received record has not been delivered for long.',
    steps: [
      `${STATUS}: \`oldest_unsettled\` names it, and \`holds\` says whether it is blocked.`,
      'If it is not blocked: Elasticsearch is slow or away, or an aggregation (`reduce`) waits for more records.',
    ],
  },
  LogweirDeadLetters: {
    meaning: 'Records are rejected, by Elasticsearch, by a transform or as invalid JSON. They are kept.',
    steps: [
      `\`logweir dlq list\` counts them by reason and cause; ${STATUS}: \`dead_letters\` does too.`,
      '`logweir dlq list --reason R --newest --limit 5` shows the newest; `logweir dlq show` prints one.',
      'Correct the mapping, the transform or the producer, then `logweir dlq retry --reason R`, and with ' +
        '`--execute` for real.',
    ],
  },
  LogweirRejectionRateHigh: {
    meaning: 'More than half of the last 1,000 records were rejected for one reason.',
    steps: [
      'As for LogweirDeadLetters, but soon: so many rejections have one cause, such as a new mapping, a new ' +
        'transform, or another format of a producer.',
      'To stop rejecting while you look, set `dead_letter.hold_above_ratio` and restart.',
    ],
  },
  LogweirTransformFailing: {
    meaning: 'A transform throws an error; its `on_error` decides what happens to the event.',
    steps: [
      'The log line `transform_failed` has the name of the error, its position and a record.',
      '`logweir transform --from-topic --explain` runs the chain over the newest records.',
      'Correct the transform; SIGHUP or `--watch` reloads it without a restart.',
    ],
  },
  LogweirTransformSlow: {
    meaning:
      'An asynchronous transform waits for something that does not answer, such as a server that it asks.',
    steps: [
      `${STATUS}: \`warnings\` names the transform, and the number of calls that wait.`,
      'Check the server that it asks. After its `timeout_ms` an event fails, and `on_error` decides about it.',
      'Lower `timeout_ms` of the transform, or remove it and reload, if the server stays away.',
    ],
  },
  LogweirTransformDropsEverything: {
    meaning:
      'A transform drops all events that it gets. Dropped records are settled: they are not delivered.',
    steps: [
      'Check its condition with `logweir transform --from-topic --explain`.',
      'Correct and reload it, then move the offsets back with `logweir replay` to deliver what it dropped.',
    ],
  },
  LogweirKafkaUnreachable: {
    meaning: 'No broker answers, or records cannot be read. Nothing is lost.',
    steps: [
      `${STATUS}: \`kafka.reason\` names the missing right, the topic, or the address that cannot be reached.`,
      'Check the brokers, the network, `kafka.sasl` and `kafka.tls`. Logweir reconnects by itself.',
    ],
  },
  LogweirMemoryNearLimit: {
    meaning: 'The process uses nearly as much memory as it may.',
    steps: [
      'Check whether a transform keeps events. Records in flight are limited by `buffer.max_bytes` for each ' +
        'worker.',
      'Raise the limit, or lower `buffer.max_bytes` or `workers`. A kill loses nothing.',
    ],
  },
  LogweirRestarting: {
    meaning: 'Processes or workers exit again and again.',
    steps: [
      'The log before the exit: `worker_stuck` names a transform; no line and SIGKILL is often the memory ' +
        'limit; exit code 78 is the configuration.',
      '[errors.md](errors.md#exit-codes) lists the exit codes.',
    ],
  },
  LogweirNoMetrics: {
    meaning: 'Prometheus gets no metrics: the process is away, hangs, or the endpoint cannot be reached.',
    steps: [
      'Is the process there, and does `logweir health` say `live`? If it hangs, the log has `event_loop_stuck`.',
      'HTTP 421: add the name that Prometheus uses to `admin.hosts`. Connection refused: `admin.listen` is ' +
        'the loopback address by default.',
    ],
  },
};
