import { z } from 'zod';

const PARAMETERS_MAX = 20;
const VALUE_LENGTH_MAX = 1000;
const NAME = /^[A-Za-z_][\w.-]{0,99}$/;

const ANSWERS = 'Logweir reads the answers, and this changes their form';

/** Why a parameter cannot be set, by its name. */
const REJECTED: Readonly<Record<string, string>> = {
  filter_path: ANSWERS,
  format: ANSWERS,
  pretty: ANSWERS,
  human: ANSWERS,
  error_trace: ANSWERS,
  source: 'the documents are in the body',
  source_content_type: 'the documents are in the body',
  pipeline: 'it is elasticsearch.pipeline',
  require_alias: 'it is elasticsearch.require_alias',
  require_data_stream: 'mode: data_stream sets it',
};

/** Why Logweir does not send this parameter of a bulk request; undefined if it does. */
export function refusalOf(name: string): string | undefined {
  if (Object.hasOwn(REJECTED, name)) return REJECTED[name];
  return NAME.test(name) ? undefined : 'it is no name of a parameter';
}

const scalar = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine((value) => value.length <= VALUE_LENGTH_MAX, `is longer than ${VALUE_LENGTH_MAX} characters`);

/** Parameters of a URL. */
export const bulkParameters = z.record(z.string(), scalar).check(({ value, issues }) => {
  const names = Object.keys(value);
  if (names.length > PARAMETERS_MAX)
    issues.push({ code: 'custom', message: `has more than ${PARAMETERS_MAX} parameters`, input: value });
  for (const name of names) {
    const refusal = refusalOf(name);
    if (refusal === undefined) continue;
    issues.push({ code: 'custom', message: `is not permitted: ${refusal}`, path: [name], input: value });
  }
});
