import type { Event } from './api.ts';

/** Builders of events of Vector's agents, one per kind of source; the argument replaces or adds fields. */

/** `file`: lines of a file. */
export function fileEvent(over: Event = {}): Event {
  return {
    file: '/var/log/app/checkout.log',
    host: 'web-3',
    message: '{"level":"info","msg":"order processed","orderId":"ord-1001"}',
    source_type: 'file',
    timestamp: '2026-11-22T08:26:40.123456789Z',
    ...over,
  };
}

/** `docker_logs`. */
export function dockerEvent(over: Event = {}): Event {
  return {
    container_created_at: '2026-11-20T10:00:00Z',
    container_id: '9b6247364a03d5c0',
    container_name: 'payments',
    host: 'node-1',
    image: 'registry.example.com/payments:1.42.0',
    label: { app: 'payments', 'com.example.team': 'payments' },
    message: 'level=warn msg="card declined" code=51',
    source_type: 'docker_logs',
    stream: 'stderr',
    timestamp: '2026-11-22T08:26:41.500000000Z',
    ...over,
  };
}

/** `kubernetes_logs`. */
export function kubernetesEvent(over: Event = {}): Event {
  return {
    file: '/var/log/pods/shop_cart-7d9c_1/cart/0.log',
    kubernetes: {
      container_id: 'containerd://1f',
      container_image: 'cart:3',
      container_name: 'cart',
      pod_ip: '10.1.2.3',
      pod_labels: { app: 'cart', 'app.kubernetes.io/name': 'cart' },
      pod_name: 'cart-7d9c',
      pod_namespace: 'shop',
      pod_node_name: 'node-1',
      pod_uid: '5a9f',
    },
    message: '2026-11-22 08:26:42.101 ERROR Cart - java.lang.IllegalStateException: empty cart',
    source_type: 'kubernetes_logs',
    stream: 'stdout',
    timestamp: '2026-11-22T08:26:42.101000000Z',
    ...over,
  };
}

/** `journald`. */
export function journaldEvent(over: Event = {}): Event {
  return {
    PRIORITY: '6',
    SYSLOG_IDENTIFIER: 'systemd',
    _PID: '1',
    _SYSTEMD_UNIT: 'init.scope',
    host: 'node-1',
    message: 'Started Session 42 of user deploy.',
    source_type: 'journald',
    timestamp: '2026-11-22T08:26:43.000000000Z',
    ...over,
  };
}

/** `syslog`. */
export function syslogEvent(over: Event = {}): Event {
  return {
    appname: 'sshd',
    facility: 'auth',
    host: 'bastion',
    hostname: 'bastion',
    message: 'Accepted publickey for deploy from 203.0.113.9 port 51122 ssh2',
    procid: 4711,
    severity: 'info',
    source_ip: '203.0.113.1',
    source_type: 'syslog',
    timestamp: '2026-11-22T08:26:44.000000000Z',
    ...over,
  };
}
