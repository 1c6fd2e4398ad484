import { existsSync, readFileSync } from 'node:fs';

const manifest = readManifest();

/** The version in package.json, which is one level above src/ and two levels above dist/src/. */
export const version: string = manifest.version ?? 'unknown';

/** The address of the project's repository, for links into its documentation; null if there is none. */
export const repository: string | null = repositoryUrl(manifest.repository);

interface Manifest {
  readonly version?: string;
  readonly repository?: unknown;
}

function readManifest(): Manifest {
  for (const path of ['../package.json', '../../package.json']) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    const parsed: unknown = JSON.parse(readFileSync(url, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('version' in parsed)) continue;
    return {
      version: String(parsed.version),
      repository: 'repository' in parsed ? parsed.repository : undefined,
    };
  }
  return {};
}

/** @param field of package.json: an address, or an object with one */
export function repositoryUrl(field: unknown): string | null {
  const isObject = typeof field === 'object' && field !== null && 'url' in field;
  const url = isObject ? field.url : field;
  if (typeof url !== 'string') return null;
  const address = url.replace(/^git\+/, '').replace(/\.git$/, '');
  return address.startsWith('https://') && URL.canParse(address) ? address : null;
}
