import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import type { Ask } from '../elasticsearch/plain-requests.ts';
import type { TargetName } from '../elasticsearch/target.ts';
import { isUnknownRequest, reasonIn } from './search-answers.ts';
import {
  type Got,
  type IndexFact,
  type Product,
  type WriteFact,
  authinfoSchema,
  privilegesSchema,
} from './search-facts.ts';

/** Finds out whether this user may write to the target. Writes nothing. Never rejects. */
export async function writeFact(
  ask: Ask,
  config: Config,
  target: TargetName,
  product: Product | null,
  index: Got<IndexFact>,
): Promise<WriteFact> {
  try {
    if (product === 'elasticsearch') return await askPrivileges(ask, config, target);
    if (product === 'opensearch') return await probeOpenSearch(ask, target, index);
    return { kind: 'unknown', reason: 'the product is not known' };
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}

/** Needs no privilege but a login. */
async function askPrivileges(ask: Ask, { dead_letter }: Config, target: TargetName): Promise<WriteFact> {
  const privileges = ['index', 'create_doc', 'auto_configure', 'create_index', 'view_index_metadata'];
  const names = [...new Set([target.pattern, target.name])];
  if (dead_letter.to === 'index') names.push(dead_letter.index);
  const answer = await ask('POST', '/_security/user/_has_privileges', {
    cluster: ['monitor', 'manage_index_templates'],
    index: [{ names, privileges }],
  });
  if (isUnknownRequest(answer)) return { kind: 'open' };
  const parsed = privilegesSchema.safeParse(answer.json);
  if (answer.status === 200 && parsed.success) return { kind: 'privileges', value: parsed.data };
  return { kind: 'unknown', reason: `HTTP ${answer.status} ${reasonIn(answer.json)}`.trim() };
}

const bulkSchema = z.object({
  items: z.array(z.record(z.string(), z.object({ status: z.number(), error: z.unknown().optional() }))),
});

/**
 * OpenSearch tells the rights of a user to administrators only. A bulk request that demands a version which
 * no document has is rejected with 409 after its rights are checked, and writes nothing. It is sent only if
 * the index exists, since it would create it, and not if a final pipeline would change its empty document.
 */
async function probeOpenSearch(ask: Ask, target: TargetName, index: Got<IndexFact>): Promise<WriteFact> {
  const login = await ask('GET', '/_plugins/_security/authinfo');
  if (isUnknownRequest(login)) return { kind: 'open' };
  const { user_name: user, roles } = authinfoSchema.safeParse(login.json).data ?? {
    user_name: '?',
    roles: [],
  };
  const who = `user ${user} with ${roles.length === 0 ? 'no role' : `roles ${roles.join(', ')}`}`;
  if (target.mode === 'data_stream')
    return { kind: 'unknown', reason: `OpenSearch does not report the rights on a data stream (${who})` };
  if (index.kind !== 'got')
    return {
      kind: 'unknown',
      reason: `OpenSearch does not report the rights on an index that is not visible (${who})`,
    };
  if (index.value.settings['index.final_pipeline'] !== undefined)
    return { kind: 'unknown', reason: `the index has a final pipeline (${who})` };
  const condition = { if_seq_no: Number.MAX_SAFE_INTEGER, if_primary_term: 1_000_000_000, pipeline: '_none' };
  const action = { index: { _index: index.value.name, _id: 'logweir-check', ...condition } };
  const answer = await ask('POST', '/_bulk', `${JSON.stringify(action)}\n{}\n`);
  if (answer.status === 403)
    return { kind: 'probe', user: who, result: 'forbidden', reason: reasonIn(answer.json) };
  const item = bulkSchema.safeParse(answer.json).data?.items[0]?.['index'];
  if (item?.status === 409) return { kind: 'probe', user: who, result: 'allowed', reason: '' };
  const reason = reasonIn(item);
  if (item?.status === 403 && /no permissions/i.test(reason))
    return { kind: 'probe', user: who, result: 'forbidden', reason };
  return { kind: 'unknown', reason: `HTTP ${item?.status ?? answer.status} ${reason} (${who})` };
}
