import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parse } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';
import { chart, decodeStrictly, helm, template } from '../support/helm.ts';
import { root } from '../support/paths.ts';

/** What the tests read of a manifest. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown> & {
    replicas?: number;
    template: { metadata: { annotations: Record<string, string> }; spec: PodSpec };
    triggers: { metadata: Record<string, string>; authenticationRef?: object }[];
  };
  data: Record<string, string>;
}

interface PodSpec {
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
  securityContext: Record<string, unknown>;
  containers: {
    args: string[];
    env: { name: string }[];
    securityContext: Record<string, unknown>;
    volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
    livenessProbe: object;
    readinessProbe: object;
    startupProbe: object;
  }[];
  volumes: {
    name: string;
    configMap?: { name: string; items?: { key: string; path: string }[] };
    secret?: { secretName: string; defaultMode: number };
  }[];
}

const REQUIRED = `
config:
  kafka: { bootstrap_servers: [kafka-1:9092, kafka-2:9092], topics: 'app-logs,audit' }
  elasticsearch: { endpoints: http://es:9200 }
`;

function rendered(values: string, required = REQUIRED): Map<string, Manifest> {
  const text = template([], required + values);
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const own = manifests.filter(({ kind }) => kind !== 'ScaledObject');
  // ScaledObject: KEDA's types are asserted below.
  decodeStrictly(own.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
  return new Map(manifests.map((manifest) => [manifest.kind, manifest]));
}

/** The one manifest of a kind. */
function one(manifests: ReadonlyMap<string, Manifest>, kind: string): Manifest {
  const found = manifests.get(kind);
  if (found === undefined) throw new Error(`no ${kind} among ${[...manifests.keys()].join(', ')}`);
  return found;
}

const configOf = (manifests: ReadonlyMap<string, Manifest>, environment = {}) =>
  parseConfig(one(manifests, 'ConfigMap').data['logweir.yaml'] ?? '', 'logweir.yaml', environment);

const podOf = (manifests: ReadonlyMap<string, Manifest>, kind = 'Deployment') => {
  const { spec } = one(manifests, kind).spec.template;
  const [container] = spec.containers;
  if (container === undefined) throw new Error('no container');
  return { spec, container };
};

const checksumOf = (values: string) =>
  one(rendered(values), 'Deployment').spec.template.metadata.annotations['checksum/config'];

it('lints', () => {
  expect(helm(['lint', '--strict', chart, '-f', '-'], REQUIRED)).toContain(
    '1 chart(s) linted, 0 chart(s) failed',
  );
});

it('by default: a Deployment that may do nothing but run, and its configuration is valid', () => {
  const manifests = rendered('');
  expect([...manifests.keys()].sort()).toEqual(
    ['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'ServiceAccount'].sort(),
  );
  const config = configOf(manifests);
  expect(config.admin.listen).toBe('0.0.0.0:8686');
  expect(config.admin.hosts).toContain('logweir.logging.svc');
  expect(config.kafka).toMatchObject({ topics: ['app-logs', 'audit'], group_instance_id: null });
  const { spec, container } = podOf(manifests);
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(config.shutdown_timeout_ms);
  expect(container.livenessProbe).toMatchObject({ httpGet: { path: '/health/live', port: 'admin' } });
  expect(container.readinessProbe).toMatchObject({ httpGet: { path: '/health/ready', port: 'admin' } });
  expect(container.startupProbe).toMatchObject({ httpGet: { path: '/health/live', port: 'admin' } });
  expect(one(manifests, 'PodDisruptionBudget').spec).toMatchObject({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
});

it('a StatefulSet: static members by the name of the pod, with a longer session, one Service', () => {
  const manifests = rendered('kind: StatefulSet\nservice: { enabled: false }\n');
  const config = configOf(manifests, { POD_NAME: 'logweir-2' });
  expect(config.kafka).toMatchObject({ group_instance_id: 'logweir-2', session_timeout_ms: 60_000 });
  expect(podOf(manifests, 'StatefulSet').container.env).toContainEqual({
    name: 'POD_NAME',
    valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
  });
  expect(one(manifests, 'StatefulSet').spec['serviceName']).toBe(one(manifests, 'Service').metadata.name);
});

it("the user's own session timeout wins", () => {
  const values = REQUIRED.replace('kafka: {', 'kafka: { session_timeout_ms: 20000,');
  const config = configOf(rendered('kind: StatefulSet\n', values), { POD_NAME: 'x' });
  expect(config.kafka.session_timeout_ms).toBe(20_000);
});

it('files are mounted beside the configuration, in one volume; secrets are files that the process may read', () => {
  const manifests = rendered(`
files:
  transforms/mine.ts: |
    export default (event) => event;
  users.csv: "id,name\\n"
secrets: [{ secret: es, path: /run/secrets/es }]
`);
  const { spec, container } = podOf(manifests);
  const [config, secret] = spec.volumes;
  const { data } = one(manifests, 'ConfigMap');
  const mounted = new Map(config?.configMap?.items?.map(({ key, path }) => [path, data[key]]));
  expect(mounted.get('transforms/mine.ts')).toBe('export default (event) => event;\n');
  expect(mounted.get('users.csv')).toBe('id,name\n');
  expect([...mounted.keys()]).toContain('logweir.yaml');
  expect(secret?.secret).toEqual({ secretName: 'es', defaultMode: 0o440 });
  expect(container.volumeMounts.map(({ mountPath, readOnly }) => [mountPath, readOnly])).toEqual([
    ['/etc/logweir', true],
    ['/run/secrets/es', true],
  ]);
});

describe('what replaces the pods', () => {
  const file = (text: string) => `files: { transforms/mine.ts: '${text}' }\n`;
  it('reload: watch: not a changed file, but a changed setting', () => {
    expect(podOf(rendered('')).container.args).toContain('--watch');
    expect(checksumOf(file('b'))).toBe(checksumOf(file('a')));
    expect(checksumOf('admin: { port: 9000 }\n')).not.toBe(checksumOf(''));
  });
  it('reload: restart: a changed file too', () => {
    expect(podOf(rendered('reload: restart\n')).container.args).not.toContain('--watch');
    expect(checksumOf(`reload: restart\n${file('b')}`)).not.toBe(checksumOf(`reload: restart\n${file('a')}`));
  });
});

it('autoscaling: a trigger for each topic, and nobody else sets the number of pods', () => {
  const manifests = rendered('autoscaling: { enabled: true, authenticationRef: kafka, maxReplicas: 12 }\n');
  expect(one(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
  const { spec } = one(manifests, 'ScaledObject');
  expect(spec).toMatchObject({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'logweir' },
    maxReplicaCount: 12,
  });
  expect(spec.triggers.map(({ metadata }) => metadata['topic'])).toEqual(['app-logs', 'audit']);
  expect(spec.triggers[0]).toMatchObject({
    authenticationRef: { name: 'kafka' },
    metadata: {
      bootstrapServers: 'kafka-1:9092,kafka-2:9092',
      consumerGroup: 'vector-aggregator',
      lagThreshold: '100000',
      excludePersistentLag: 'true',
    },
  });
});

it('the network policy lets probes of Prometheus in, and brokers, Elasticsearch and DNS out', () => {
  const manifests = rendered('networkPolicy: { enabled: true }\npodMonitor: { enabled: true }\n');
  const text = JSON.stringify(one(manifests, 'NetworkPolicy').spec);
  for (const port of [53, 8686, 9092, 9200]) expect(text).toContain(`"port":${port}}`);
  expect(one(manifests, 'PodMonitor').spec).toMatchObject({ podMetricsEndpoints: [{ port: 'admin' }] });
});

it.each([
  ['config: {}', 'config.kafka.bootstrap_servers is required'],
  [`${REQUIRED}terminationGracePeriodSeconds: 30`, 'is too short: config.shutdown_timeout_ms is 30000'],
  [`${REQUIRED}kind: StatefulSet\nautoscaling: { enabled: true }`, 'autoscaling needs kind: Deployment'],
  [REQUIRED.replace('kafka: {', 'kafka: { group_instance_id: x,'), 'would give all pods the same one'],
  [REQUIRED.replace('kafka: {', 'kafka: { topcs: x,'), "additional properties 'topcs' not allowed"],
  [REQUIRED.replace('kafka: {', 'kafka: { commit_interval_ms: 5,'), '/config/kafka/commit_interval_ms'],
  [`${REQUIRED}replica: 3`, "additional properties 'replica' not allowed"],
  [`${REQUIRED}files: { a/b/c.ts: x }`, "'a/b/c.ts' does not match pattern"],
])('%j is refused', (values, message) => {
  expect(() => template([], values)).toThrow(message);
});

it('a variable may stand where a number is expected', () => {
  const manifests = rendered('', REQUIRED.replace('kafka: {', 'kafka: { commit_interval_ms: "${COMMIT}",'));
  expect(configOf(manifests, { COMMIT: '500' }).kafka.commit_interval_ms).toBe(500);
});

it('the plain manifests decode strictly', () => {
  const folder = join(root, 'deploy/kubernetes');
  const files = readdirSync(folder).filter((file) => file !== 'scaledobject.yaml');
  expect(files).toHaveLength(4);
  for (const file of files)
    expect(decodeStrictly(readFileSync(join(folder, file), 'utf8'))).toContain('manifests');
  expect(() =>
    decodeStrictly(
      readFileSync(join(folder, 'deployment.yaml'), 'utf8').replace('runAsNonRoot', 'runAsNonRot'),
    ),
  ).toThrow('unknown field "spec.template.spec.securityContext.runAsNonRot"');
});

it('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'))).toMatchObject({
    version,
    appVersion: version,
  });
});
