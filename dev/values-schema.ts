/**
 * Writes deploy/helm/logweir/values.schema.json: the chart's own values, and under `config` the schema of
 * Logweir's configuration, so that helm rejects an unknown key. With --check only says whether it is current.
 *
 *     node dev/values-schema.ts [--check]
 */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';
import { root } from '../test/support/paths.ts';
import { writeOrCheck } from './generated.ts';

type Schema = Readonly<Record<string, unknown>>;

const file = join(root, 'deploy/helm/logweir/values.schema.json');

const text = { type: 'string' };
const name = { type: 'string', minLength: 1 };
const flag = { type: 'boolean' };
const count = (minimum: number): Schema => ({ type: 'integer', minimum });
/** An object of Kubernetes' API, which the API server checks. */
const kubernetes = { type: 'object' };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  ...(required.length > 0 ? { required } : {}),
  properties,
});
const absolutePath = { type: 'string', pattern: '^/' };
const port = { type: 'integer', minimum: 1, maximum: 65_535 };

const values = (config: Schema): Schema => ({
  kind: { enum: ['Deployment', 'StatefulSet'] },
  replicas: count(0),
  image: object({ repository: name, tag: text, pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] } }),
  imagePullSecrets: listOf(kubernetes),
  nameOverride: text,
  fullnameOverride: text,
  config,
  existingConfigMap: text,
  files: {
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)?$' },
    additionalProperties: text,
  },
  reload: { enum: ['watch', 'restart'] },
  secrets: listOf(object({ secret: name, path: absolutePath }, ['secret', 'path'])),
  env: listOf(kubernetes),
  envFrom: listOf(kubernetes),
  admin: object({ address: name, port }),
  staticMembership: object({ sessionTimeoutMs: { type: 'integer', minimum: 1000, maximum: 1_800_000 } }),
  minReadySeconds: count(0),
  terminationGracePeriodSeconds: count(5),
  revisionHistoryLimit: count(0),
  resources: kubernetes,
  podDisruptionBudget: object({ enabled: flag, maxUnavailable: { type: ['integer', 'string'] } }),
  service: object({ enabled: flag }),
  serviceAccount: object({ create: flag, name: text, annotations: kubernetes }),
  podMonitor: object({ enabled: flag, interval: name, labels: kubernetes }),
  networkPolicy: object({
    enabled: flag,
    ingressFrom: listOf(kubernetes),
    egressPorts: { ...listOf(port), minItems: 1 },
    egressTo: listOf(kubernetes),
  }),
  autoscaling: object({
    enabled: flag,
    minReplicas: count(0),
    maxReplicas: count(1),
    lagThreshold: count(1),
    pollingIntervalSeconds: count(1),
    scaleDownSeconds: count(0),
    authenticationRef: text,
    metadata: { type: 'object', additionalProperties: text },
  }),
  podSecurityContext: kubernetes,
  securityContext: kubernetes,
  podAnnotations: kubernetes,
  podLabels: kubernetes,
  nodeSelector: kubernetes,
  tolerations: listOf(kubernetes),
  affinity: kubernetes,
  topologySpreadConstraints: listOf(kubernetes),
  priorityClassName: text,
  extraVolumes: listOf(kubernetes),
  extraVolumeMounts: listOf(kubernetes),
  // Of helm itself, for every chart.
  global: kubernetes,
});

/** Whether a value of the schema is neither an object nor a list, so that a variable may stand for it. */
function isScalar({ type, enum: names }: Schema): boolean {
  return names !== undefined || ['string', 'integer', 'number', 'boolean'].includes(String(type));
}

/** The schema of values as they stand in the file: with variables, and empty texts that the chart tells of. */
function asWritten(schema: Schema): Schema {
  const { default: _default, minLength: _minLength, ...kept } = schema;
  const inner = Object.fromEntries(
    Object.entries(kept).map(([key, value]) => {
      if (key === 'properties')
        return [
          key,
          Object.fromEntries(Object.entries(value as Schema).map(([k, v]) => [k, asWritten(v as Schema)])),
        ];
      if (key === 'items') return [key, asWritten(value as Schema)];
      if (key === 'anyOf' || key === 'oneOf') return ['anyOf', (value as Schema[]).map(asWritten)];
      return [key, value];
    }),
  );
  if (
    !isScalar(inner) ||
    (inner['type'] === 'string' && inner['enum'] === undefined && inner['pattern'] === undefined)
  )
    return inner;
  const { description, ...constraint } = inner;
  const variable = { type: 'string', pattern: '\\$' };
  return { ...(description === undefined ? {} : { description }), anyOf: [constraint, variable] };
}

function valuesSchema(): Schema {
  // The default of kafka.reader depends on it.
  delete process.env['KAFKA_READER'];
  const { $schema, ...config } = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: 'Values of the Logweir chart', ...object(values(asWritten(config))) };
}

const json = await format(JSON.stringify(valuesSchema()), { ...(await resolveConfig(file)), parser: 'json' });
writeOrCheck(file, json, 'docs');
