import { seededRandom } from './random.ts';

export interface AgentEventOptions {
  /** Length of the event as JSON; what is missing is added to the message, and a longer event stays as it is. */
  readonly bytes?: number;
}

interface Context {
  readonly time: Date;
  /** An integer below `limit`. */
  readonly number: (limit: number) => number;
  readonly oneOf: <T>(values: readonly [T, ...T[]]) => T;
}

type Shape = (context: Context) => Record<string, unknown>;

const BASE = Date.UTC(2026, 10, 22, 8, 26, 40);
const STEP_MS = 7;

/**
 * What a Vector agent sends, as a pure function of the number: files with JSON and nginx lines, Docker, Kubernetes, journald
 * and syslog in turn. All shapes fit into one index with dynamic mappings: a field has one type wherever it occurs.
 */
export function agentEvent(sequence: number, { bytes = 0 }: AgentEventOptions = {}): Record<string, unknown> {
  const random = seededRandom(sequence);
  const number = (limit: number) => Math.floor(random() * limit);
  const oneOf: Context['oneOf'] = (values) => values[number(values.length)] ?? values[0];
  const shape = SHAPES[sequence % SHAPES.length] ?? jsonFile;
  const event = { ...shape({ time: new Date(BASE + sequence * STEP_MS), number, oneOf }), seq: sequence };
  if (bytes === 0) return event;
  const missing = bytes - Buffer.byteLength(JSON.stringify(event));
  if (missing <= 0) return event;
  return { ...event, message: `${(event as { message?: string }).message} ${'x'.repeat(missing - 1)}` };
}

const jsonFile: Shape = ({ time, number, oneOf }) => ({
  file: '/var/log/app/checkout.log',
  host: `web-${number(5)}`,
  message: JSON.stringify({
    level: oneOf(['info', 'debug', 'warn']),
    time: time.getTime(),
    msg: oneOf(['order processed', 'payment authorised', 'Žofie 🛒 checked out']),
    orderId: `ord-${number(1_000_000)}`,
    requestId: `${time.getTime()}-${number(2 ** 32).toString(16)}`,
    userId: number(10_000),
    latency_ms: number(900),
    email: `${oneOf(['ada', 'grace', 'edsger'])}@example.com`,
  }),
  source_type: 'file',
  timestamp: nanoseconds(time, number(1_000_000)),
});

const nginx: Shape = ({ time, number, oneOf }) => ({
  file: '/var/log/nginx/access.log',
  host: `web-${number(5)}`,
  message:
    `203.0.113.${number(256)} - - [${accessTime(time)}] "${oneOf(['GET', 'POST'])} /api/v1/orders/${number(1e6)} HTTP/1.1" ` +
    `${oneOf([200, 200, 404, 500])} ${number(20_000)} "-" "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"`,
  source_type: 'file',
  timestamp: nanoseconds(time, 0),
});

const docker: Shape = ({ time, number, oneOf }) => ({
  container_created_at: '2026-11-20T10:00:00Z',
  container_id: number(2 ** 48)
    .toString(16)
    .padStart(16, '9'),
  container_name: 'payments',
  host: `node-${number(3)}`,
  image: 'registry.example.com/payments:1.42.0',
  label: { 'com.example.team': 'payments', app: 'payments' },
  message: `level=warn msg="card declined" code=${number(100)} card=4111111111111111`,
  source_type: 'docker_logs',
  stream: oneOf(['stderr', 'stdout']),
  timestamp: nanoseconds(time, number(1_000_000)),
});

const kubernetes: Shape = ({ time, number }) => ({
  file: '/var/log/pods/shop_cart-7d9c_1/cart/0.log',
  kubernetes: {
    container_name: 'cart',
    pod_ip: `10.1.2.${number(256)}`,
    pod_ips: [`10.1.2.${number(256)}`],
    // Not `app` beside `app.kubernetes.io/name`, as many pods have it: a field cannot be text and object in one index.
    pod_labels: { 'app.kubernetes.io/name': 'cart' },
    pod_name: 'cart-7d9c',
    pod_namespace: 'shop',
    pod_owner: 'ReplicaSet/cart-7d9c',
  },
  message:
    `${time.toISOString()} ERROR Cart - java.lang.IllegalStateException: cart ${number(1e6)} is empty` +
    `\n\tat shop.Cart.pay(Cart.java:${number(400)})\n\tat shop.Main.main(Main.java:7)`,
  source_type: 'kubernetes_logs',
  stream: 'stdout',
  timestamp: nanoseconds(time, 999_999),
});

const journald: Shape = ({ time, number }) => ({
  PRIORITY: `${number(8)}`,
  SYSLOG_IDENTIFIER: 'sshd',
  _COMM: 'sshd',
  _PID: `${number(60_000)}`,
  _SYSTEMD_UNIT: 'ssh.service',
  __REALTIME_TIMESTAMP: `${time.getTime()}000`,
  host: 'bastion',
  message: `Accepted publickey for deploy from 203.0.113.${number(256)} port ${number(65_536)} ssh2: ED25519`,
  source_type: 'journald',
  timestamp: time.toISOString(),
});

const syslog: Shape = ({ time, number, oneOf }) => ({
  appname: 'app',
  'exampleSDID@32473': { eventID: `${number(2000)}`, eventSource: 'Application', iut: '3' },
  facility: oneOf(['local4', 'cron', 'auth']),
  host: 'fw-1',
  hostname: 'fw-1',
  message: `An application event log entry, number ${number(1e6)} of today...`,
  msgid: `ID${number(100)}`,
  // Always text: agents send a number or "-", which one index cannot both hold as a number.
  procid: oneOf(['-', `${number(60_000)}`]),
  severity: oneOf(['notice', 'info', 'err']),
  source_ip: '192.0.2.10',
  source_type: 'syslog',
  timestamp: time.toISOString(),
  version: 1,
});

const SHAPES: readonly Shape[] = [jsonFile, nginx, docker, kubernetes, journald, syslog];

function nanoseconds(time: Date, belowMilliseconds: number): string {
  return time.toISOString().replace('Z', `${String(belowMilliseconds).padStart(6, '0')}Z`);
}

/** `22/Nov/2026:08:26:41 +0000` */
function accessTime(time: Date): string {
  const [, , month = ''] = time.toUTCString().split(' ');
  const iso = time.toISOString();
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
