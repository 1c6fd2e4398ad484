import type { Config } from '../config/schema.ts';
import type { TargetName } from '../elasticsearch/target.ts';
import { type CheckResult, failed, named, ok, unchecked, warning } from './result.ts';
import type { ClusterFacts, WriteFact } from './search-facts.ts';

const CHECK = 'elasticsearch.privileges';

/** The results of this user's rights on the target and on the index of dead letters. */
export function privilegeResults(
  { write, resolved }: ClusterFacts,
  config: Config,
  target: TargetName,
): CheckResult[] {
  const { dead_letter } = config;
  switch (write.kind) {
    case 'open':
      return [
        ok(CHECK, 'there is no security on this cluster: everyone may write'),
        ...(dead_letter.to === 'index'
          ? [ok('dead_letter.index', `everyone may write to ${dead_letter.index}`)]
          : []),
      ];
    case 'privileges': {
      const isThere = resolved.kind === 'got' && hasTarget(resolved.value, target);
      const results = [
        writeResult(CHECK, write, needed(target), target, 'elasticsearch'),
        creationResult(write, target, isThere),
      ];
      if (dead_letter.to === 'index') results.push(deadLetterResult(write, dead_letter.index));
      return results.filter((one) => one !== undefined);
    }
    case 'probe':
      return [probeResult(write), ...uncheckedDeadLetter(config, write.user)];
    case 'unknown':
      return [
        unchecked(
          CHECK,
          write.reason,
          `Make sure that the user may write to ${target.pattern}: see docs/check.md.`,
        ),
        ...uncheckedDeadLetter(config, write.reason),
      ];
  }
}

function hasTarget(
  {
    indices,
    aliases,
    data_streams,
  }: {
    indices: readonly { name: string }[];
    aliases: readonly { name: string }[];
    data_streams: readonly { name: string }[];
  },
  { name }: TargetName,
): boolean {
  return [...indices, ...aliases, ...data_streams].some((one) => one.name === name);
}

/** The privilege that each document needs: data streams take only `create`. */
function needed({ mode }: TargetName): string {
  return mode === 'data_stream' ? 'create_doc' : 'index';
}

type Privileges = Extract<WriteFact, { kind: 'privileges' }>;

/** A role may name fewer indices than the pattern has, and still the present one. */
function writeResult(
  check: string,
  { value }: Privileges,
  privilege: string,
  { name, pattern }: TargetName,
  section: string,
): CheckResult {
  const may = (index: string): boolean => value.index[index]?.[privilege] === true;
  const who = value.username === '' ? 'the user' : `user ${value.username}`;
  const remedy = `Grant the index privileges ${privilege} and auto_configure on ${pattern} to the user of ${section}.auth.`;
  if (may(pattern)) return ok(check, `${who} may write to ${pattern} (${privilege})`);
  if (may(name))
    return warning(
      check,
      `${who} may write to ${name}, but not to all of ${pattern} (${privilege})`,
      `Documents of other names are blocked. ${remedy}`,
    );
  return failed(check, `${who} lacks the index privilege ${privilege} on ${pattern}`, remedy);
}

/** Without auto_configure neither an index nor a field is added. */
function creationResult(
  { value }: Privileges,
  { name, pattern, isTemplate }: TargetName,
  isThere: boolean,
): CheckResult | undefined {
  const rights = { ...value.index[name], ...trueOnes(value.index[pattern]) };
  if (rights['auto_configure'] === true) return undefined;
  const remedy = `Grant the index privilege auto_configure on ${pattern}.`;
  const mayCreate = rights['create_index'] === true;
  if (!mayCreate && (!isThere || isTemplate))
    return failed(
      'elasticsearch.create_privilege',
      `the user lacks the index privilege auto_configure on ${pattern}, and cannot create ${isThere ? 'further indices' : name}`,
      remedy,
    );
  return warning(
    'elasticsearch.create_privilege',
    `the user lacks the index privilege auto_configure on ${pattern}: documents with new fields are blocked`,
    `${remedy} Without new fields (a mapping with dynamic: false) it is not needed.`,
  );
}

function trueOnes(rights: Readonly<Record<string, boolean>> | undefined): Record<string, boolean> {
  return Object.fromEntries(Object.entries(rights ?? {}).filter(([, has]) => has));
}

function deadLetterResult({ value }: Privileges, index: string): CheckResult {
  const missing = ['index', 'auto_configure'].filter((name) => value.index[index]?.[name] !== true);
  if (missing.length === 0) return ok('dead_letter.index', `dead letters may be written to ${index}`);
  const remedy = `Grant the index privileges index and auto_configure on ${index}.`;
  const message = `the user lacks the index privilege ${named(missing)} on ${index}`;
  return missing.includes('index')
    ? failed('dead_letter.index', message, remedy)
    : warning('dead_letter.index', `${message}: the index must exist, with its mapping`, remedy);
}

function probeResult({ user, result, reason }: Extract<WriteFact, { kind: 'probe' }>): CheckResult {
  if (result === 'allowed')
    return ok(CHECK, `${user} may write to the index (seen by a request that writes nothing)`);
  return failed(
    CHECK,
    `${user} may not write to the index: ${reason.replace(/ and User \[.*$/s, '')}`,
    'Grant cluster permission indices:data/write/bulk, and index permissions index, create_index and ' +
      'indices:admin/mapping/put on the target, to a role of the user.',
  );
}

function uncheckedDeadLetter({ dead_letter }: Config, why: string): CheckResult[] {
  if (dead_letter.to !== 'index') return [];
  return [unchecked('dead_letter.index', why, `Make sure that the user may write to ${dead_letter.index}.`)];
}
