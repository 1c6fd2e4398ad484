import { z } from 'zod';
import { decode } from '../../codec/decode.ts';
import { type ExactValue, parseObject } from '../../codec/exact-json.ts';
import type { Output } from '../../comparison/pairs.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { createRenderer } from '../../elasticsearch/render.ts';
import { messageOf } from '../../errors.ts';
import type { Settlement } from '../../pipeline/settlement.ts';
import { TrialRun } from '../../pipeline/trial-run.ts';
import { coordinatesOf, type SourceRecord } from '../../record.ts';
import { loadSilently } from '../../transform/loader/load-silently.ts';
import type { ChainResult } from '../../transform/runtime/chain-result.ts';

/** What Logweir makes of a record. */
export interface RecordOutputs {
  readonly outputs: Output[];
  /** Why there are fewer documents than events, or other ones. */
  readonly failures: string[];
}

/** A line of `_bulk`. */
const action = z.looseObject({ _index: z.string(), _id: z.string() });
const actionSchema = z.union([z.strictObject({ index: action }), z.strictObject({ create: action })]);

/**
 * The documents that this configuration makes of records, each as the aggregator would send it.
 *
 * @returns for each record, in the same order
 * @throws LogweirError CONFIG if a transform cannot be loaded
 */
export async function logweirOutputs(
  loaded: LoadedConfig,
  records: readonly SourceRecord[],
): Promise<RecordOutputs[]> {
  const { config } = loaded;
  const made = new Map(
    records.map((record): [string, RecordOutputs] => [coordinatesOf(record), { outputs: [], failures: [] }]),
  );
  const ofRecord = (record: SourceRecord | Settlement['record']): RecordOutputs =>
    made.get(coordinatesOf(record)) ?? { outputs: [], failures: [] };
  let current: RecordOutputs = { outputs: [], failures: [] };
  const chain = await loadSilently(
    loaded,
    (step, policy, error) =>
      void current.failures.push(`transform ${step} fails (${policy}): ${error.message}`),
  );
  const renderer = createRenderer(config.elasticsearch);
  const show = (settlement: Settlement, { events }: ChainResult, exact: ExactValue): void => {
    const { outputs, failures } = ofRecord(settlement.record);
    for (const event of events)
      try {
        const document = renderer.event(settlement, event, outputs.length, exact);
        outputs.push(outputOf(document));
      } catch (error) {
        failures.push(`not_serialisable: ${messageOf(error)}`);
      }
  };
  const trial = new TrialRun(chain, (_record, result, exact, settlement) => show(settlement, result, exact));
  try {
    for (const record of records) {
      if (record.value === null) continue;
      current = ofRecord(record);
      const decoded = decode(record.value, config.decoding.codec, trial.isLazy);
      if (decoded.kind === 'poison') current.failures.push(`${decoded.reason}: ${decoded.message}`);
      else await trial.run(trial.receive(record), decoded.event());
    }
    await trial.end();
  } finally {
    await chain.close();
  }
  return records.map(ofRecord);
}

/** Read back from the lines of the bulk request. */
function outputOf({ action: line, source }: { action: string; source: string }): Output {
  const parsed = actionSchema.parse(JSON.parse(line));
  const { _index, _id } = 'index' in parsed ? parsed.index : parsed.create;
  return { index: _index, id: _id, document: parseObject(source) ?? {} };
}
