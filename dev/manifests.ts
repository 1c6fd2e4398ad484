/**
 * Writes deploy/kubernetes/*.yaml: the chart, rendered for those who do not use helm. With --check only says
 * whether they are current.
 *
 *     node dev/manifests.ts [--check]      needs dev/setup.sh chart
 */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parseAllDocuments } from 'yaml';
import { template } from '../test/support/helm.ts';
import { root } from '../test/support/paths.ts';
import { writeOrCheck } from './generated.ts';

const CONFIG = `
config:
  kafka: { bootstrap_servers: 'kafka:9092' }
  elasticsearch: { endpoints: 'http://elasticsearch:9200' }
`;

interface Page {
  readonly file: string;
  readonly about: string;
  readonly values: string;
  /** The one template that it is; all that is enabled by default if undefined. */
  readonly only?: string;
}

const pages: readonly Page[] = [
  { file: 'deployment.yaml', about: 'Logweir as a Deployment.', values: '' },
  {
    file: 'statefulset.yaml',
    about: 'Logweir as a StatefulSet with static membership. In place of deployment.yaml.',
    values: 'kind: StatefulSet',
  },
  {
    file: 'podmonitor.yaml',
    about: 'For the Prometheus operator.',
    values: 'podMonitor: { enabled: true }',
    only: 'podmonitor',
  },
  {
    file: 'networkpolicy.yaml',
    about: 'Who may reach Logweir, and what it may reach.',
    values: 'networkPolicy: { enabled: true }',
    only: 'networkpolicy',
  },
  {
    file: 'scaledobject.yaml',
    about: 'For KEDA, with deployment.yaml: remove replicas there.',
    values: 'autoscaling: { enabled: true }',
    only: 'scaledobject',
  },
];

/** Without what means something to helm only. */
function plain(rendered: string): string {
  const documents = parseAllDocuments(rendered);
  if ('empty' in documents) throw new Error('the chart renders nothing');
  for (const document of documents) {
    document.commentBefore = null;
    // The name of the template.
    if (document.contents !== null) document.contents.commentBefore = null;
    document.deleteIn(['metadata', 'labels', 'helm.sh/chart']);
    document.deleteIn(['metadata', 'labels', 'app.kubernetes.io/managed-by']);
    document.deleteIn(['metadata', 'namespace']);
    // It is not edited by hand.
    const annotations = ['spec', 'template', 'metadata', 'annotations'];
    if (document.hasIn(annotations)) document.deleteIn(annotations);
  }
  return documents.map((document) => document.toString({ lineWidth: 0, directives: false })).join('---\n');
}

for (const { file, about, values, only } of pages) {
  const args = only === undefined ? [] : ['--show-only', `templates/${only}.yaml`];
  const rendered = plain(template(args, `${CONFIG}${values}\n`));
  const text = `# ${about}\n# Rendered from deploy/helm/logweir by dev/manifests.ts; docs/kubernetes.md.\n${rendered}`;
  const path = join(root, 'deploy/kubernetes', file);
  writeOrCheck(path, await format(text, { ...(await resolveConfig(path)), parser: 'yaml' }), 'chart');
}
