import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Beginning } from '../../../src/clock.ts';
import { Metrics } from '../../../src/admin/metrics.ts';
import { registerOperatorGauges } from '../../../src/admin/operator-gauges.ts';
import { WorkerMetrics } from '../../../src/admin/worker-metrics.ts';
import { dashboardQueries, readDashboard } from '../../support/dashboard.ts';
import { idleGauges } from '../../support/idle-gauges.ts';
import { root } from '../../support/paths.ts';

const folder = join(root, 'deploy/prometheus');
const annotations = z.strictObject({
  summary: z.string(),
  description: z.string(),
  runbook_url: z.string(),
});
const rulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
          annotations,
        }),
      ),
    }),
  ),
});
const [group] = rulesSchema.parse(parse(readFileSync(join(folder, 'alerts.yml'), 'utf8'))).groups;
const rules = group?.rules ?? [];

/** promtool of the Debian package `prometheus`, which dev/setup.sh installs. @throws with what it says */
function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', cwd: folder, stdio: 'pipe' });
}

/** Names in an expression that are metrics of ours, without the suffixes of histograms. */
function metricsIn(expr: string): string[] {
  return [...expr.matchAll(/logweir_(\w+)/g)].map(([, name]) =>
    String(name).replace(/_(bucket|sum|count)$/, ''),
  );
}

const nobody = { running: () => 0, configured: () => 0, restarts: () => 0 };
const own = new Metrics('', idleGauges);
registerOperatorGauges(own.registry, '', {
  notReady: () => null,
  chain: () => ({ loaded: new Beginning(), hash: '', failedReload: null }),
  endpoints: () => [],
  warnings: () => [],
  backlogSeconds: () => null,
});
const known = new Set(
  [own.registry, new WorkerMetrics('', nobody, null).registry].flatMap((registry) =>
    registry.getMetricsAsArray().map(({ name }) => name),
  ),
);

describe('the alerts', () => {
  it('fire and stay quiet as their tests say, and each has both tests', () => {
    expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
    const { tests } = z
      .object({ tests: z.array(z.object({ name: z.string() })) })
      .parse(parse(readFileSync(join(folder, 'alerts.test.yml'), 'utf8')));
    const wanted = rules.flatMap(({ alert }) => [`${alert} fires`, `${alert} stays quiet`]);
    expect(tests.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted());
  });

  it.each(rules)('$alert asks for metrics that exist, and names its part of the runbook', (rule) => {
    const asked = metricsIn(rule.expr);
    expect(asked).not.toEqual([]);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    const anchor = rule.alert.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
    expect(rule.annotations.runbook_url).toBe(`docs/runbook.md#${anchor}`);
  });
});

describe('the dashboard', () => {
  it('has unique ids, a variable for the data source, and panels that do not overlap', () => {
    const { panels, templating } = readDashboard();
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  it('asks for metrics that exist', () => {
    const asked = dashboardQueries('1m').flatMap(({ expr }) => metricsIn(expr));
    expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
  });

  it('has expressions that Prometheus understands', () => {
    const directory = mkdtempSync(join(tmpdir(), 'logweir-rules-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const queries = dashboardQueries('1m').map(({ expr }, at) => ({ record: `query:${at}`, expr }));
    const file = join(directory, 'queries.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: queries }] }));
    expect(promtool('check', 'rules', file)).toContain(`${queries.length} rules found`);
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'x', rules: [{ record: 'a', expr: 'sum(' }] }] }));
    expect(() => promtool('check', 'rules', file)).toThrow('parse error');
  });
});
