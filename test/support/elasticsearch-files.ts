import { spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A user other than root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface ElasticsearchFiles {
  /** The distribution, where the server's user can read it. */
  readonly home: string;
  /** Below it lie config, data, logs and tmp, which belong to the server's user. */
  readonly directory: string;
  /** Removes what was copied to a temporary directory, if anything was. */
  readonly remove: () => void;
}

/** Elasticsearch refuses to run as root; `nobody` is there on every Linux. Undefined where we are not root. */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  const uid = Number(fields?.[2]);
  const gid = Number(fields?.[3]);
  if (!(uid > 0 && gid > 0))
    throw new Error('Elasticsearch refuses to run as root, and there is no user `nobody`');
  return { uid, gid };
}

/**
 * Makes the directories and finds the distribution. What `account` cannot reach (a clone below root's home) goes to a
 * temporary directory, the distribution as a copy.
 */
export function prepareFiles(
  runDirectory: string,
  elasticsearchDirectory: string,
  java: string,
  account: Account | undefined,
): ElasticsearchFiles {
  mkdirSync(runDirectory, { recursive: true });
  let home = elasticsearchDirectory;
  let directory = resolve(runDirectory);
  const temporary: string[] = [];
  const temporaryDirectory = () => {
    const made = mkdtempSync(join(tmpdir(), 'logweir-elasticsearch-'));
    temporary.push(made);
    return made;
  };
  if (account !== undefined) {
    if (!reaches(account, '-x', java))
      throw new Error(`user nobody, who runs Elasticsearch, cannot execute ${java}`);
    if (!reaches(account, '-x', directory)) directory = temporaryDirectory();
    if (!reaches(account, '-r', join(home, 'config', 'jvm.options'))) {
      home = join(temporaryDirectory(), 'distribution');
      cpSync(elasticsearchDirectory, home, { recursive: true });
    }
    temporary.forEach((path) => own(path, account));
  }
  for (const name of ['config', 'config/jvm.options.d', 'data', 'logs', 'tmp']) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  return {
    home,
    directory,
    remove: () => temporary.forEach((path) => rmSync(path, { recursive: true, force: true })),
  };
}

/**
 * Writes the configuration, and hands all of the server's own directories to its user.
 *
 * @param fileName of the settings
 * @param more further files, by their path beside it
 */
export function writeConfiguration(
  { home, directory }: ElasticsearchFiles,
  fileName: string,
  settings: Readonly<Record<string, string | number | boolean>>,
  jvm: readonly string[],
  more: Readonly<Record<string, string>>,
  account: Account | undefined,
): void {
  const config = join(directory, 'config');
  cpSync(join(home, 'config', 'log4j2.properties'), join(config, 'log4j2.properties'));
  const options = readFileSync(join(home, 'config', 'jvm.options'), 'utf8').split('\n');
  // Not the garbage collector's log: up to 2 GB, and relative to a directory that the server may not write to.
  const kept = options.filter((line) => !/-Xlog:gc|-XX:ErrorFile|-XX:HeapDumpPath/.test(line));
  writeFileSync(join(config, 'jvm.options'), kept.join('\n'));
  writeFileSync(join(config, 'jvm.options.d', 'heap.options'), ['-Xms1g', '-Xmx1g', ...jvm, ''].join('\n'));
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(join(config, fileName), lines.join(''));
  for (const [name, text] of Object.entries(more)) {
    mkdirSync(dirname(join(config, name)), { recursive: true });
    writeFileSync(join(config, name), text);
  }
  if (account === undefined) return;
  for (const name of ['config', 'data', 'logs', 'tmp']) own(join(directory, name), account);
}

/** Asks the kernel, as that user: permission bits of every directory above, access lists and mounts all count. */
function reaches(account: Account, test: '-r' | '-x', path: string): boolean {
  return spawnSync('test', [test, path], { ...account, cwd: '/' }).status === 0;
}

function own(path: string, { uid, gid }: Account): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' }))
    chownSync(join(path, entry), uid, gid);
}
