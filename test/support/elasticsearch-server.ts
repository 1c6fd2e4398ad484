import { join, resolve } from 'node:path';
import { prepareFiles, serverAccount, writeConfiguration } from './elasticsearch-files.ts';
import { distributions } from './paths.ts';
import { freePort } from './ports.ts';
import { spawnLogged } from './process.ts';
import { Server, type ServerOptions } from './server.ts';

export interface ElasticsearchOptions {
  /** 8.19 in place of the newest. */
  readonly old?: boolean | undefined;
  /** Holds the configuration and the data. A second start on the same directory finds the data again. */
  readonly runDirectory: string;
  /** @default the run directory */
  readonly logDirectory?: string | undefined;
  /** @default a free one */
  readonly port?: number | undefined;
  /** Added to elasticsearch.yml, over what is there. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Written beside elasticsearch.yml, by name. */
  readonly configurationFiles?: Readonly<Record<string, string>> | undefined;
  /** @default asks for the cluster's health, without a login */
  readonly isReady?: (() => Promise<boolean>) | undefined;
}

/** A single Elasticsearch node on 127.0.0.1 without security. `pid` is its launcher, whose child the server is. */
export class ElasticsearchServer extends Server {
  readonly port: number;
  readonly url: string;
  /** Where its own configuration lies, which it reads again in part while it runs. */
  readonly configurationDirectory: string;
  readonly #removeTemporaryFiles: () => void;

  constructor(
    port: number,
    configurationDirectory: string,
    removeTemporaryFiles: () => void,
    options: ServerOptions,
  ) {
    super(options);
    this.port = port;
    this.configurationDirectory = configurationDirectory;
    this.url = `http://127.0.0.1:${port}`;
    this.#removeTemporaryFiles = removeTemporaryFiles;
  }

  /** Stops the server for good: as `stop`, and copies that it needed outside of its run directory are removed. */
  async close(): Promise<void> {
    await this.stop();
    this.#removeTemporaryFiles();
  }
}

export async function startElasticsearch(options: ElasticsearchOptions): Promise<ElasticsearchServer> {
  const found = distributions();
  const distribution = options.old === true ? found.oldElasticsearchDirectory : found.elasticsearchDirectory;
  const account = serverAccount();
  const port = options.port ?? (await freePort());
  const runDirectory = resolve(options.runDirectory);
  const files = prepareFiles(runDirectory, distribution, found.java, account);
  const { home, directory } = files;
  const paths = { config: join(directory, 'config'), tmp: join(directory, 'tmp') };
  const settings = { ...nodeSettings(port, await freePort(), directory), ...options.settings };
  writeConfiguration(files, settings, options.configurationFiles ?? {}, account);
  const logFile = join(options.logDirectory ?? runDirectory, 'elasticsearch.log');
  const env = {
    ...process.env,
    ES_JAVA_HOME: resolve(found.java, '../..'),
    ES_PATH_CONF: paths.config,
    ES_TMPDIR: paths.tmp,
    HOME: directory,
    JAVA_HOME: undefined,
    ES_JAVA_OPTS: undefined,
  };
  const server = new ElasticsearchServer(port, paths.config, files.remove, {
    name: 'Elasticsearch',
    logFile,
    launch: () =>
      spawnLogged({
        command: join(home, 'bin', 'elasticsearch'),
        args: [],
        logFile,
        env,
        cwd: directory,
        ...account,
      }),
    isReady: options.isReady ?? (async () => await isHealthy(server.url)),
    startTimeoutMs: 120_000,
    stopGraceMs: 30_000,
  });
  try {
    await server.start();
  } catch (error) {
    files.remove();
    throw error;
  }
  return server;
}

/** Green or yellow: a restarted node has recovered the primary shards, so that reads find everything. */
async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/_cluster/health`, { signal: AbortSignal.timeout(5000) });
  const body = (await response.json()) as { status?: string };
  return response.ok && (body.status === 'green' || body.status === 'yellow');
}

function nodeSettings(
  port: number,
  transportPort: number,
  directory: string,
): Record<string, string | number | boolean> {
  return {
    'cluster.name': 'logweir',
    'node.name': 'logweir-1',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': transportPort,
    'path.data': join(directory, 'data'),
    'path.logs': join(directory, 'logs'),
    'xpack.security.enabled': false,
    // A full disk of a developer's machine would make indices read-only.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
}
