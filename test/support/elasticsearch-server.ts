import { join, resolve } from 'node:path';
import { prepareFiles, serverAccount, writeConfiguration } from './elasticsearch-files.ts';
import { distributions, openSearchDistribution } from './paths.ts';
import { freePort } from './ports.ts';
import { spawnLogged } from './process.ts';
import { Server, type ServerOptions } from './server.ts';

/** The security plugin takes ten seconds of processor time, which a busy machine gives in two minutes. */
const START_TIMEOUT_MS = 240_000;

/** What can be started. `opensearch-2-secure` has the security plugin, and needs its settings. */
export type Product =
  'elasticsearch-9' | 'elasticsearch-8' | 'opensearch-2' | 'opensearch-2-secure' | 'opensearch-3';

export interface ElasticsearchOptions {
  /** @default elasticsearch-9 */
  readonly product?: Product | undefined;
  /** Holds the configuration and the data. A second start on the same directory finds the data again. */
  readonly runDirectory: string;
  /** @default the run directory */
  readonly logDirectory?: string | undefined;
  /** @default a free one */
  readonly port?: number | undefined;
  /** Added to elasticsearch.yml or opensearch.yml, over what is there. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Serves for long, or is measured: with the compiler that makes the start slow and later work fast. @default false */
  readonly longLived?: boolean | undefined;
  /** Written beside it, by path. */
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

/** Starts Elasticsearch, or OpenSearch, which is set up by the same files and variables under its own name. */
export async function startElasticsearch(options: ElasticsearchOptions): Promise<ElasticsearchServer> {
  const { name, file, prefix, distribution, java, ownSettings } = programOf(
    options.product ?? 'elasticsearch-9',
  );
  const account = serverAccount();
  const port = options.port ?? (await freePort());
  const runDirectory = resolve(options.runDirectory);
  const files = prepareFiles(runDirectory, distribution, java, account);
  const { home, directory } = files;
  const paths = { config: join(directory, 'config'), tmp: join(directory, 'tmp') };
  const settings = {
    ...nodeSettings(port, await freePort(), directory),
    ...ownSettings,
    ...options.settings,
  };
  const jvm = options.longLived === true ? [] : ['-XX:TieredStopAtLevel=1'];
  writeConfiguration(files, `${file}.yml`, settings, jvm, options.configurationFiles ?? {}, account);
  const logFile = join(options.logDirectory ?? runDirectory, `${file}.log`);
  const env = {
    ...process.env,
    [`${prefix}_JAVA_HOME`]: resolve(java, '../..'),
    [`${prefix}_PATH_CONF`]: paths.config,
    [`${prefix}_TMPDIR`]: paths.tmp,
    HOME: directory,
    JAVA_HOME: undefined,
  };
  const server = new ElasticsearchServer(port, paths.config, files.remove, {
    name,
    logFile,
    launch: () =>
      spawnLogged({
        command: join(home, 'bin', file),
        args: [],
        logFile,
        env,
        cwd: directory,
        ...account,
      }),
    isReady: options.isReady ?? (async () => await isHealthy(server.url)),
    startTimeoutMs: START_TIMEOUT_MS,
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

interface Program {
  readonly name: string;
  /** Of the launcher, and of the settings without `.yml`. */
  readonly file: string;
  /** Of its environment variables. */
  readonly prefix: string;
  readonly distribution: string;
  readonly java: string;
  readonly ownSettings: Readonly<Record<string, boolean>>;
}

function programOf(product: Product): Program {
  if (product === 'elasticsearch-9' || product === 'elasticsearch-8') {
    const { elasticsearchDirectory, oldElasticsearchDirectory, java } = distributions();
    return {
      name: 'Elasticsearch',
      file: 'elasticsearch',
      prefix: 'ES',
      distribution: product === 'elasticsearch-8' ? oldElasticsearchDirectory : elasticsearchDirectory,
      java,
      ownSettings: { 'xpack.security.enabled': false },
    };
  }
  const names = { 'opensearch-2': '2', 'opensearch-2-secure': '2_SECURE', 'opensearch-3': '3' } as const;
  const { directory: distribution, java } = openSearchDistribution(names[product]);
  return {
    name: 'OpenSearch',
    file: 'opensearch',
    prefix: 'OPENSEARCH',
    distribution,
    java,
    ownSettings: {},
  };
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
    // A thousand by default: every test makes indices, and none removes them.
    'cluster.max_shards_per_node': 5000,
    // A full disk of a developer's machine would make indices read-only.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
}
