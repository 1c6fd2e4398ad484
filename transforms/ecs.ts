import {
  type Event,
  FreeNames,
  addBeside,
  carryLiteral,
  copyTarget,
  define,
  defineBeside,
  defineTransform,
  fieldAt,
  hasKey,
  isBlocked,
  isFields,
  moveAt,
  parseTime,
} from 'logweir';
import { z } from 'zod';

/** The ECS path of each field of a Vector agent's event, by the kind of its source. */
const COMMON: Record<string, string> = { host: 'host.name' };
const KINDS: Record<string, Record<string, string>> = {
  file: { file: 'log.file.path' },
  docker_logs: {
    container_id: 'container.id',
    container_name: 'container.name',
    image: 'container.image.name',
    label: 'container.labels',
    stream: 'log.iostream',
  },
  kubernetes_logs: {
    file: 'log.file.path',
    stream: 'log.iostream',
    'kubernetes.container_id': 'container.id',
    'kubernetes.container_name': 'container.name',
    'kubernetes.container_image': 'container.image.name',
    'kubernetes.pod_name': 'orchestrator.resource.name',
    'kubernetes.pod_uid': 'orchestrator.resource.id',
    'kubernetes.pod_namespace': 'orchestrator.namespace',
    'kubernetes.pod_ip': 'orchestrator.resource.ip',
    'kubernetes.pod_labels': 'orchestrator.resource.labels',
    'kubernetes.pod_node_name': 'host.name',
  },
  journald: {
    SYSLOG_IDENTIFIER: 'process.name',
    _COMM: 'process.name',
    _PID: 'process.pid',
    _SYSTEMD_UNIT: 'service.name',
    PRIORITY: 'log.syslog.severity.code',
    MESSAGE: 'message',
  },
  syslog: {
    appname: 'log.syslog.appname',
    facility: 'log.syslog.facility.name',
    hostname: 'host.name',
    msgid: 'log.syslog.msgid',
    procid: 'log.syslog.procid',
    severity: 'log.syslog.severity.name',
    source_ip: 'source.ip',
    version: 'log.syslog.version',
  },
};
/** Labels without an ECS field. Dots in their names would conflict with other names. */
const OTHER_LABELS = ['pod_annotations', 'namespace_labels', 'namespace_annotations', 'node_labels'];
const NUMBERS = new Set(['process.pid', 'log.syslog.severity.code']);
const NUMBER = /^\d{1,15}$/;
/** Keywords by https://www.elastic.co/docs/reference/ecs/ecs-log. */
const TEXTS = new Set(['log.syslog.procid', 'log.syslog.version', 'log.syslog.msgid']);

const FLAT = new Set(['message', 'tags']);
/** Objects that already follow the schema, from an application or from an earlier transform. */
const KEEP =
  'message tags labels agent client cloud container data_stream destination device dns ecs error event faas file host http log network observer orchestrator organization process related rule server service source span threat tls trace transaction url user user_agent'.split(
    ' ',
  );

export default defineTransform({
  description:
    'Renames the fields of a Vector agent (file, docker_logs, kubernetes_logs, journald, syslog) to the Elastic Common Schema. Fields without a name in the schema go under `vector`, so that they are kept and do not conflict with other fields. `timestamp` becomes `@timestamp` if there is none yet.',
  options: z.strictObject({
    rest: z
      .string()
      .min(1)
      .default('vector')
      .describe('The path of an object for fields without a name in the schema.'),
    keep: z
      .array(z.string().min(1))
      .default(KEEP)
      .describe(
        'Top-level fields that are kept if they are objects (`message` and `tags` in any case), together with fields whose names start with one of these and a dot. `@timestamp` is always kept.',
      ),
  }),
  examples: [
    {
      title: 'A container',
      input: [
        {
          container_id: '9b62',
          container_name: 'payments',
          host: 'node-1',
          label: { app: 'payments' },
          message: 'declined',
          source_type: 'docker_logs',
          stream: 'stderr',
          timestamp: '2026-11-22T08:26:41.500000000Z',
        },
      ],
      output: [
        {
          message: 'declined',
          '@timestamp': '2026-11-22T08:26:41.500000000Z',
          host: { name: 'node-1' },
          container: { id: '9b62', name: 'payments', labels: { app: 'payments' } },
          log: { iostream: 'stderr' },
          event: { module: 'docker_logs' },
        },
      ],
    },
  ],
  setup({ rest, keep }) {
    return (event) => {
      const kind = event['source_type'];
      const moves = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
      if (typeof kind !== 'string' || moves === undefined) return event;
      const made: Event = {};
      copyTarget(event, made);
      moveTime(event, made);
      for (const key of keep) {
        // Only objects: a text where the schema has an object would conflict with the other fields.
        if (hasKey(event, key) && (FLAT.has(key) || isFields(event[key]))) move(event, key, made, key);
      }
      moveDotted(event, made, keep);
      for (const [from, to] of Object.entries({ ...COMMON, ...moves })) move(event, from, made, to);
      if (fieldAt(made, 'event.module') === undefined && !isBlocked(made, 'event.module'))
        move(event, 'source_type', made, 'event.module');
      else if (fieldAt(made, 'event.module') === kind) delete event['source_type'];
      const pod = event['kubernetes'];
      if (kind === 'kubernetes_logs' && isFields(pod))
        for (const name of OTHER_LABELS) if (isFields(pod[name])) pod[name] = withoutDots(pod[name]);
      const left = withoutEmpty(event);
      if (left !== undefined)
        addBeside(made, rest, left, (key, holder, name) => carryLiteral(left, key, holder, name));
      return made;
    };
  },
});

/** The time from an earlier transform or the application takes precedence over the agent's. */
function moveTime(event: Event, made: Event): void {
  const isReadable = parseTime(event['@timestamp']) !== undefined;
  if (isReadable || parseTime(event['timestamp']) === undefined)
    move(event, '@timestamp', made, '@timestamp');
  if (!hasKey(made, '@timestamp')) move(event, 'timestamp', made, '@timestamp');
}

/** Moves keys with dots that already follow the schema, like `log.level`. */
function moveDotted(event: Event, made: Event, keep: readonly string[]): void {
  const kept = new Set(keep);
  for (const key of Object.keys(event)) {
    const dot = key.indexOf('.');
    if (dot < 1 || !kept.has(key.slice(0, dot)) || hasKey(made, key) || isBlocked(made, key)) continue;
    define(made, key, event[key]);
    carryLiteral(event, key, made, key);
    delete event[key];
  }
}

function move(event: Event, from: string, made: Event, to: string): void {
  const value = fieldAt(event, from);
  if (value === undefined || fieldAt(made, to) !== undefined || isBlocked(made, to)) return;
  if (from !== to && !fits(to, value)) return;
  moveAt(event, from, made, to, from === to ? value : fit(to, value));
}

/** Whether the value has the kind of the schema: an object of labels, a number, or a single value. */
function fits(to: string, value: unknown): boolean {
  if (NUMBERS.has(to)) return typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value));
  return isFields(value) === to.endsWith('.labels');
}

function fit(to: string, value: unknown): unknown {
  if (to.endsWith('.labels') && isFields(value)) return withoutDots(value);
  if (NUMBERS.has(to)) return Number(value);
  if (TEXTS.has(to) && typeof value === 'number') return String(value);
  return value;
}

/** The remaining fields without empty objects; undefined if there are none. */
function withoutEmpty(event: Event): Event | undefined {
  for (const key of Object.keys(event)) {
    const value = event[key];
    if (isFields(value) && Object.keys(value).length === 0) delete event[key];
  }
  return Object.keys(event).length === 0 ? undefined : event;
}

/** ECS labels have no dots: `app` and `app.kubernetes.io/name` together would be a text and an object. */
function withoutDots(labels: Event): Event {
  const flat: Event = {};
  const names = new FreeNames();
  for (const key of Object.keys(labels)) {
    const name = defineBeside(flat, key.replaceAll('.', '_'), labels[key], names);
    carryLiteral(labels, key, flat, name);
  }
  return flat;
}
