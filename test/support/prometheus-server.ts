import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './paths.ts';
import { freePort } from './ports.ts';
import { spawnLogged } from './process.ts';
import { Server } from './server.ts';

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })),
  }),
});
const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        state: z.enum(['pending', 'firing']),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
      }),
    ),
  }),
});
type Alert = z.output<typeof alertsSchema>['data']['alerts'][number];

/** A Prometheus that reads one target, with the alerts of deploy/. */
export class Prometheus {
  readonly #url: string;
  readonly #server: Server;
  readonly #directory: string;

  private constructor(url: string, server: Server, directory: string) {
    this.#url = url;
    this.#server = server;
    this.#directory = directory;
  }

  /**
   * @param target host and port of a `/metrics`
   * @param waits `seconds` takes a copy of the alerts that waits seconds in place of minutes
   */
  static async start(target: string, waits: 'seconds' | 'minutes' = 'seconds'): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'logweir-prometheus-'));
    const alerts = readFileSync(join(root, 'deploy/prometheus/alerts.yml'), 'utf8');
    writeFileSync(join(directory, 'alerts.yml'), waits === 'seconds' ? shortened(alerts) : alerts);
    const config = {
      global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
      rule_files: ['alerts.yml'],
      scrape_configs: [{ job_name: 'logweir', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML.
    writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config));
    const url = `http://127.0.0.1:${await freePort()}`;
    const logFile = join(directory, 'log');
    const server = new Server({
      name: 'Prometheus',
      logFile,
      launch: () =>
        spawnLogged({
          command: 'prometheus',
          args: [
            `--config.file=${join(directory, 'prometheus.yml')}`,
            `--storage.tsdb.path=${join(directory, 'data')}`,
            `--web.listen-address=${new URL(url).host}`,
          ],
          cwd: directory,
          logFile,
        }),
      isReady: async () => (await fetch(`${url}/-/ready`)).ok,
      startTimeoutMs: 30_000,
      stopGraceMs: 5000,
    });
    await server.start();
    return new Prometheus(url, server, directory);
  }

  /** The values of a query's series now. @throws where the query is wrong */
  async query(expr: string): Promise<number[]> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const { data } = answerSchema.parse(await response.json());
    return data.result.map(({ value: [, value] }) => Number(value));
  }

  /** The alert, while it is firing. */
  async firing(name: string): Promise<Alert | undefined> {
    const response = await fetch(`${this.#url}/api/v1/alerts`);
    const { data } = alertsSchema.parse(await response.json());
    return data.alerts.find(({ state, labels }) => state === 'firing' && labels['alertname'] === name);
  }

  /** All firing alerts. */
  async allFiring(): Promise<Alert[]> {
    const response = await fetch(`${this.#url}/api/v1/alerts`);
    const { data } = alertsSchema.parse(await response.json());
    return data.alerts.filter(({ state }) => state === 'firing');
  }

  async close(): Promise<void> {
    await this.#server.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The same rules, with seconds in place of minutes. */
function shortened(rules: string): string {
  return rules.replaceAll(/\bfor: \d+m$/gm, 'for: 1s').replaceAll(/\[\d+m\]/g, '[6s]');
}
