import { type LoadedConfig, readConfig, settled } from '../../config/load.ts';
import { type Checked, checkTransforms } from './loader.ts';

/**
 * As `loadConfig`, but if the configuration is invalid, the error also lists the problems of its transforms.
 *
 * @throws LogweirError CONFIG
 */
export async function loadConfigWhole(option: string | undefined): Promise<LoadedConfig> {
  const draft = readConfig(option);
  if (draft.problems.length === 0) return settled(draft);
  const { problems } = await checkTransforms(draft.transforms, draft.directory, draft.places);
  return settled({ ...draft, problems: [...draft.problems, ...problems] });
}

/** The configuration with checked transforms, and their options' schemas. @throws LogweirError CONFIG */
export async function loadConfigChecked(
  option: string | undefined,
): Promise<LoadedConfig & Pick<Checked, 'options'>> {
  const draft = readConfig(option);
  const { problems, options } = await checkTransforms(draft.transforms, draft.directory, draft.places);
  return { ...settled({ ...draft, problems: [...draft.problems, ...problems] }), options };
}
