import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './paths.ts';

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const gridPos = z.strictObject({ h: z.int(), w: z.int(), x: z.int(), y: z.int() });
const row = z.object({ id: z.int(), type: z.literal('row'), title: z.string().min(1), gridPos });
const panel = z.object({
  id: z.int(),
  type: z.enum(['stat', 'timeseries']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource,
  gridPos,
  targets: z
    .array(z.strictObject({ refId: z.string(), datasource, expr: z.string(), legendFormat: z.string() }))
    .min(1),
});
const variable = z.object({ name: z.string(), type: z.string(), query: z.unknown() });

/** What Grafana needs of a dashboard, as far as ours uses it. */
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int().min(36),
  templating: z.object({ list: z.array(variable) }),
  panels: z.array(z.discriminatedUnion('type', [row, panel])),
});

export function readDashboard(): z.output<typeof dashboard> {
  const text = readFileSync(join(root, 'deploy/grafana/logweir.json'), 'utf8');
  return dashboard.parse(JSON.parse(text));
}

/** All queries, with Grafana's variables replaced. */
export function dashboardQueries(rateInterval: string): { title: string; expr: string }[] {
  return readDashboard().panels.flatMap((one) =>
    one.type === 'row'
      ? []
      : one.targets.map(({ expr }) => ({
          title: one.title,
          expr: expr
            .replaceAll('$__rate_interval', rateInterval)
            .replaceAll('$job', '.*')
            .replaceAll('$instance', '.*'),
        })),
  );
}
