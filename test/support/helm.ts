import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

/** Where `dev/setup.sh chart` builds helm and the strict decoder. */
const tools = join(root, '.cache/chart-tools');
export const chart = join(root, 'deploy/helm/logweir');
const KUBERNETES = '1.31.0';

/** Whether `dev/setup.sh chart` has been run. */
export function hasHelm(): boolean {
  return existsSync(join(tools, 'helm')) && existsSync(join(tools, 'strict'));
}

/** The output of helm. @throws with what helm says on standard error */
export function helm(args: readonly string[], input?: string): string {
  return run('helm', args, input);
}

/** Renders the chart as release `logweir` in the namespace `logging`, or as given. */
export function template(args: readonly string[] = [], values = ''): string {
  const given = ['template', 'logweir', chart, '--kube-version', KUBERNETES, '-f', '-', ...args];
  return helm([...given, ...(args.includes('--namespace') ? [] : ['--namespace', 'logging'])], values);
}

/** Decodes manifests strictly into the types of their APIs. @throws with the unknown fields */
export function decodeStrictly(manifests: string): string {
  return run('strict', [], manifests);
}

function run(tool: string, args: readonly string[], input = ''): string {
  try {
    return execFileSync(join(tools, tool), [...args], { input, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${tool}: ${stdout}${stderr}`, { cause: error });
  }
}
